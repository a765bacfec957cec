-- SPDX-License-Identifier: GPL-2.0-only

-- Tunnel messages of draft-jones-perc-dtls-tunnel-00 and of RFC 9185, over DTLS or TLS, and what they carry.

local perc_tunnel = Proto("perc_tunnel", "PERC tunnel message")

local DRAFT_HEADER, DRAFT_SHORTEST, RFC_HEADER = 35, 37, 3
local LAYER = { draft00 = "DTLSTunnelMessage", rfc9185 = "TunnelMessage" }
local wanted_version = function() return "auto" end
local depth = 0 -- inside of a tunnel message there is no other

-- Does this begin like a message of that version?
local CLAIMS = {}

function CLAIMS.draft00(tvb, octets)
  if octets < DRAFT_SHORTEST or tvb(0, 2):uint() ~= 0x0100 then return false end
  return N.Draft00MessageType[tvb(34, 1):uint()] ~= nil
end

local BODY = { { 5, 65535 }, { 1, 1 }, { 27, 1299 }, { 19, 65535 }, { 16, 16 } } -- least and most octets by type

function CLAIMS.rfc9185(tvb, octets)
  local kind = tvb(0, 1):uint()
  if octets < RFC_HEADER or not N.TunnelMessageType[kind] then return false end
  local length = tvb(1, 2):uint()
  if kind == 1 and octets >= DRAFT_SHORTEST and octets < RFC_HEADER + length then return false end -- a broken draft-00
  return length >= BODY[kind][1] and length <= BODY[kind][2]
end

local function version_of(tvb, pinfo)
  local wanted = wanted_version()
  if wanted ~= "auto" then return wanted end
  local known = state.tunnels[conversation(pinfo)]
  if known then return known end
  local octets = tvb:len()
  if CLAIMS.draft00(tvb, octets) then return "draft00" end
  if CLAIMS.rfc9185(tvb, octets) then return "rfc9185" end
  return nil
end

-- For octets that are a tunnel message by somebody's word and fit neither version.
local function nearest_version(tvb)
  local octets = tvb:len()
  if octets < DRAFT_SHORTEST and N.TunnelMessageType[tvb(0, 1):uint()] then return "rfc9185" end
  return "draft00"
end

-- associations ------------------------------------------------------------------------------------------------------

-- Two pseudo ports for an association: that of the endpoint's side (MDD) and that of the KMF. An id means something
-- between two hosts, in whichever of their tunnels (RFC 9185 section 5.3).
local function pseudo_ports(pinfo, id, sender)
  local here, there = ends(pinfo)
  id = id .. "|" .. hosts(pinfo)
  local association = state.associations[id]
  if not association then
    association = { first = state.next_port }
    state.next_port = state.next_port + 2
    state.associations[id] = association
  end
  if sender == "mdd" and not association.kmf then association.kmf = there end
  if sender == "kmf" and not association.kmf then association.kmf = here end
  local from_kmf = association.kmf == here
  if not association.kmf then from_kmf = pinfo.src_port < pinfo.dst_port end
  local mdd, kmf = association.first, association.first + 1
  if from_kmf then return { kmf, mdd } end
  return { mdd, kmf }
end

local function association_of(context)
  for _, name in ipairs({ "DTLSTunnelMessage", "TunneledDtls", "TunnelMediaKeys", "EndpointDisconnect" }) do
    local span = context.nodes[name] and context.nodes[name].spans.association_id
    if span then return hex(span.tvb, span.pos, span.len) end
  end
end

-- one message -------------------------------------------------------------------------------------------------------

local function type_name(node)
  local kind = node.values.type or node.values.msg_type
  local names = node.values.type and N.Draft00MessageType or N.TunnelMessageType
  return kind and (names[kind] or tostring(kind)) or "malformed"
end

local KEYS = { "SRTPKeyInformation", "TunnelMediaKeys" }

local function warn_of_keys(context, item)
  for _, name in ipairs(KEYS) do
    local node = context.nodes[name]
    local key = node and node.spans.client_write_SRTP_master_key
    if key and key.len > 0 and not is_wiped(key) then
      report(item, "keys", "Hop-by-hop key in clear: whoever holds this capture and its secrets can open this hop")
    end
  end
end

local function show_message(tvb, pos, stop, pinfo, tree, version)
  local item = tree:add(perc_tunnel, tvb(pos, stop - pos))
  local context = new_context(pinfo)
  local layer = L[LAYER[version]]
  local _, node = walk(layer, tvb, pos, stop, item, context, { whole = true, flat = true })
  warn_of_keys(context, item)
  local id = association_of(context)
  local text = "PERC tunnel " .. type_name(node)
  if id then text = text .. " association " .. id:sub(1, 8) end
  item:append_text(", " .. version .. ", " .. type_name(node))
  return text, context, id, sender_of(node)
end

local function dissect_carried(context, pinfo, tree, id, sender)
  for _, span in ipairs(context.carried) do
    local ports = pseudo_ports(pinfo, id or "", sender)
    dissect_inner(span.tvb(span.pos, span.len):tvb(), pinfo, tree, ports, id or "")
  end
end

local function dissect_message(tvb, pos, stop, pinfo, tree, version, again)
  local text, context, id, sender = show_message(tvb, pos, stop, pinfo, tree, version)
  if again then pinfo.cols.info:append(", " .. text) else pinfo.cols.info:set(text) end
  if #context.carried > 0 then
    pinfo.cols.info:fence()
    dissect_carried(context, pinfo, tree, id, sender)
  end
  pinfo.cols.info:fence()
  pinfo.cols.protocol:set("PERC")
end

-- streams and datagrams ---------------------------------------------------------------------------------------------

-- Messages of RFC 9185 say their length; a TLS record may end inside of one.
local function dissect_rfc9185(tvb, pinfo, tree)
  local pos, size, again = 0, tvb:len(), false
  while pos < size do
    local left = size - pos
    local length = left >= RFC_HEADER and RFC_HEADER + tvb(pos + 1, 2):uint() or nil
    if (not length or length > left) and pinfo.can_desegment > 0 then
      pinfo.desegment_offset = pos
      pinfo.desegment_len = length and length - left or DESEGMENT_ONE_MORE_SEGMENT
      return size
    end
    local stop = pos + math.min(left, length or left)
    dissect_message(tvb, pos, stop, pinfo, tree, "rfc9185", again)
    pos, again = stop, true
  end
  return size
end

local function dissect_tunnel(tvb, pinfo, tree)
  local version = version_of(tvb, pinfo) or nearest_version(tvb)
  local key = conversation(pinfo)
  state.tunnels[key] = state.tunnels[key] or version
  depth = depth + 1
  local ok, problem = pcall(function()
    if version == "rfc9185" then
      dissect_rfc9185(tvb, pinfo, tree)
    else
      dissect_message(tvb, 0, tvb:len(), pinfo, tree, version, false)
    end
  end)
  depth = depth - 1
  if not ok then error(problem, 0) end
  return tvb:len()
end

function perc_tunnel.dissector(tvb, pinfo, tree)
  if tvb:len() == 0 or depth > 0 then return 0 end
  return dissect_tunnel(tvb, pinfo, tree)
end

local function recognise(tvb, pinfo, tree)
  if depth > 0 or tvb:len() == 0 or not version_of(tvb, pinfo) then return false end
  dissect_tunnel(tvb, pinfo, tree)
  return true
end
