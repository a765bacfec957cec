-- SPDX-License-Identifier: GPL-2.0-only

-- What the packets before said, and access to what Wireshark's own dissectors found in this one.

-- Filled in the order of the capture; what was learnt from a packet is not learnt again when it is looked at again.
-- (`visited` of Wireshark does not say so: the first of two passes of tshark has no fields to learn from.)
local state

local function forget()
  state = {
    calls = {}, -- conversation -> list of { frame, profile, ekt_cipher }, as ServerHellos said
    tunnels = {}, -- conversation -> version of its messages
    associations = {}, -- association id and hosts -> { kmf = end, first = pseudo port }
    next_port = 65536, -- no real port is as large
    fragments = {}, -- conversation and message -> pieces of an ekt_key
    whole = {}, -- frame -> reassembled messages
    learnt = {}, -- frame and what -> true
  }
end
forget()
perc.init = forget

local function first_time(pinfo, what)
  local key = pinfo.number .. "|" .. what
  if state.learnt[key] then return false end
  state.learnt[key] = true
  return true
end

local function ends(pinfo)
  return tostring(pinfo.src) .. "|" .. pinfo.src_port, tostring(pinfo.dst) .. "|" .. pinfo.dst_port
end

local function conversation(pinfo)
  local here, there = ends(pinfo)
  if here < there then return here .. "=" .. there end
  return there .. "=" .. here
end

local function hosts(pinfo)
  local here, there = tostring(pinfo.src), tostring(pinfo.dst)
  if here < there then return here .. "=" .. there end
  return there .. "=" .. here
end

-- A field that this version of Wireshark does not have is never found.
local function extractor(name)
  local known, field = pcall(Field.new, name)
  if not known then return function() end end
  return field
end

local SEEN = {
  handshake = extractor("dtls.handshake"),
  handshake_type = extractor("dtls.handshake.type"),
  extension = extractor("dtls.handshake.extension.type"),
  profile = extractor("dtls.use_srtp.protection_profile"),
  content_type = extractor("dtls.record.content_type"),
  payload = extractor("udp.payload"),
  exported = extractor("exported_pdu.exported_pdu"),
  auth_tag = extractor("srtp.auth_tag"),
  rtp = extractor("rtp.ssrc"),
  rtcp = extractor("rtcp.pt"),
}

local function found(name)
  return { SEEN[name]() }
end

local function counts()
  local now = {}
  for name in pairs(SEEN) do now[name] = #found(name) end
  return now
end

-- Field occurrences of this packet from `first[name] + 1` on, without those inside of tunnel messages.
local function since(name, first, inside)
  local kept = {}
  for index, info in ipairs(found(name)) do
    local skipped = index <= (first and first[name] or 0)
    for _, span in ipairs(inside or {}) do
      if index > span.from[name] and index <= span.to[name] then skipped = true end
    end
    if not skipped then kept[#kept + 1] = info end
  end
  return kept
end

-- Intervals of field occurrences that belong to DTLS inside of tunnel messages, for the packet in work.
local inside = { frame = -1, spans = {} }

local function spans_inside(pinfo)
  if inside.frame ~= pinfo.number then inside = { frame = pinfo.number, spans = {} } end
  return inside.spans
end

local function now_at(pinfo, list)
  local best
  for _, entry in ipairs(list or {}) do
    if entry.frame <= pinfo.number then best = entry end
  end
  return best
end

local function hex(tvb, pos, octets)
  return tostring(tvb(pos, octets):bytes()):lower()
end

-- Another dissector may stop at octets that are missing or malformed. Wireshark has shown that by then.
local function hand_over(name, tvb, pinfo, tree)
  pcall(function() Dissector.get(name):call(tvb, pinfo, tree) end)
  return tvb:len()
end

-- Shared captures have zeros in the place of keys (`perc keys share`).
local function is_wiped(span)
  local octets = span.tvb(span.pos, span.len):bytes()
  for index = 0, octets:len() - 1 do
    if octets:get_index(index) ~= 0 then return false end
  end
  return true
end
