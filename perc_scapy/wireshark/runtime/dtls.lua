-- SPDX-License-Identifier: GPL-2.0-only

-- The pieces of DTLS that Wireshark does not know: profiles, extension 39, ekt_key, ACK; and DTLS inside the tunnel.

local perc_dtls = Proto("perc_dtls", "PERC in DTLS")

local RECORD_HEADER, HANDSHAKE_HEADER = 13, 12
local ACK_KNOWN = pcall(Field.new, "dtls.ack_message") -- later versions of Wireshark, which know DTLS 1.3
local VERSIONS = { [0xfefd] = true, [0xfeff] = true }

local function note_in_info(pinfo, text)
  pinfo.cols.info:append(text)
end

local function unknown(info)
  return tostring(info.display):find("Unknown", 1, true) ~= nil
end

-- hellos ------------------------------------------------------------------------------------------------------------

local function hello_side(first, spans)
  for _, info in ipairs(since("handshake_type", first, spans)) do
    if info.value == C.server_hello then return "server" end
    if info.value == C.client_hello then return "client" end
  end
end

-- Extensions whose type or body Wireshark does not name (of use_srtp it lacks profiles: below).
local function show_extensions(pinfo, tree, first, spans)
  local side, added = hello_side(first, spans), nil
  local known = side == "server" and C.server_extensions or C.client_extensions
  for _, info in ipairs(since("extension", first, spans)) do
    local kind, tvb = info.value, info.source
    local layer = side and L[known[kind]]
    local body, left = info.offset + 4, tvb:len() - info.offset - 4
    if layer and left >= 0 and kind ~= C.use_srtp then
      local octets = math.min(left, tvb(info.offset + 2, 2):uint())
      added = added or tree:add(perc_dtls, tvb(info.offset, 4 + octets))
      local title = string.format("Extension: %s (%d)", C.extension_names[kind], kind)
      local item = added:add(tvb(info.offset, 4 + octets), title)
      walk(layer, tvb, body, body + octets, item, new_context(pinfo), { whole = true, flat = true })
    end
  end
  return added
end

local function show_profiles(tree, first, spans, added)
  for _, info in ipairs(since("profile", first, spans)) do
    if unknown(info) and N.ProtectionProfile[info.value] then
      added = added or tree:add(perc_dtls, info.range)
      added:add(F[C.profile_field], info.range)
    end
  end
end

-- What a ServerHello on this conversation chose.
local function learn_choice(pinfo, first, spans)
  if hello_side(first, spans) ~= "server" or not first_time(pinfo, "choice") then return end
  local entry = { frame = pinfo.number, profile = 0 }
  for _, info in ipairs(since("profile", first, spans)) do entry.profile = info.value end
  for _, info in ipairs(since("extension", first, spans)) do
    if info.value == C.supported_ekt_ciphers and info.offset + 5 <= info.source:len() then
      entry.ekt_cipher = info.source(info.offset + 4, 1):uint()
    end
  end
  local key = conversation(pinfo)
  state.calls[key] = state.calls[key] or {}
  table.insert(state.calls[key], entry)
  return entry
end

-- ekt_key -----------------------------------------------------------------------------------------------------------

local function show_ekt_key(pinfo, tree, tvb, pos, stop)
  local item = tree:add(perc_dtls, tvb(pos, stop - pos))
  local context = new_context(pinfo)
  context.hidden = not show_keys() -- a fragment is octets to its layer, but key octets all the same
  walk(L.DTLSHandshake, tvb, pos, stop, item, context, {})
  local key = context.nodes.DTLSEKTKey
  if not key or not key.values.ekt_spi then return end
  local span = key.spans.ekt_key_value
  if span.len > 0 and not is_wiped(span) then
    report(item, "keys", "EKT key in clear: it opens the media of everybody who sends under it, end to end")
  end
  note_in_info(pinfo, string.format(" (ekt_key, spi 0x%04x)", key.values.ekt_spi))
end

-- Wireshark joins fragments of the messages that it knows; this joins those of ekt_key.
local function keep_fragment(pinfo, where, tvb, pos, stop)
  local length, start = tvb(pos + 1, 3):uint(), tvb(pos + 6, 3):uint()
  if length > 1024 or not first_time(pinfo, where .. hex(tvb, pos, HANDSHAKE_HEADER)) then return end
  local key = where .. "|" .. tostring(pinfo.src_port) .. "|" .. hex(tvb, pos + 4, 2)
  local pieces = state.fragments[key] or {}
  state.fragments[key] = pieces
  local octets = tvb(pos + HANDSHAKE_HEADER, stop - pos - HANDSHAKE_HEADER):bytes()
  for index = 0, octets:len() - 1 do
    if start + index < length then pieces[start + index] = octets:get_index(index) end
  end
  local whole = {}
  for index = 0, length - 1 do
    if not pieces[index] then return end
    whole[index + 1] = string.format("%02x", pieces[index])
  end
  state.fragments[key] = nil
  local size = string.format("%06x", length)
  local text = hex(tvb, pos, 6) .. "000000" .. size .. table.concat(whole)
  state.whole[pinfo.number] = state.whole[pinfo.number] or {}
  table.insert(state.whole[pinfo.number], { where = where, hex = text })
end

local function show_handshakes(pinfo, tree, first, spans, where)
  for _, info in ipairs(since("handshake", first, spans)) do
    local tvb, pos = info.source, info.offset
    local left = tvb:len() - pos
    if left >= HANDSHAKE_HEADER and tvb(pos, 1):uint() == C.ekt_key then
      local length, octets = tvb(pos + 1, 3):uint(), tvb(pos + 9, 3):uint()
      local stop = pos + HANDSHAKE_HEADER + octets
      if octets + HANDSHAKE_HEADER <= left and octets <= length then
        show_ekt_key(pinfo, tree, tvb, pos, stop)
        if octets < length then keep_fragment(pinfo, where, tvb, pos, stop) end
      end
    end
  end
  for _, message in ipairs(state.whole[pinfo.number] or {}) do
    if message.where == where then
      local tvb = ByteArray.new(message.hex):tvb("Reassembled ekt_key")
      show_ekt_key(pinfo, tree, tvb, 0, tvb:len())
    end
  end
end

-- ACK ---------------------------------------------------------------------------------------------------------------

-- Bounds of the records of a datagram; nil when it is not made of DTLS 1.0 or 1.2 records.
local function records_of(tvb, pos, stop)
  local records = {}
  while pos < stop do
    if stop - pos < RECORD_HEADER or not VERSIONS[tvb(pos + 1, 2):uint()] then return nil end
    local finish = pos + RECORD_HEADER + tvb(pos + 11, 2):uint()
    if finish > stop then return nil end
    records[#records + 1] = { kind = tvb(pos, 1):uint(), pos = pos, stop = finish }
    pos = finish
  end
  return records
end

local function only_acks(records)
  for _, record in ipairs(records) do
    if record.kind ~= C.ack then return false end
  end
  return #records > 0
end

local function show_acks(pinfo, tree, tvb, records, first, spans)
  for _, info in ipairs(since("content_type", first, spans)) do
    if info.value == C.ack then return end -- this version of Wireshark knows them
  end
  for _, record in ipairs(records) do
    if record.kind == C.ack then
      local item = tree:add(perc_dtls, tvb(record.pos, record.stop - record.pos))
      local context = new_context(pinfo)
      walk(L.DTLSRecord, tvb, record.pos, record.stop, item, context, {})
      local clear = context.nodes.DTLSRecord.values.epoch == 0
      if not clear then report(item, "comment", "ACK, protected: this version of Wireshark does not decrypt it") end
      note_in_info(pinfo, clear and " ACK" or " ACK (protected)")
    end
  end
end

-- all of them -------------------------------------------------------------------------------------------------------

local function show_pieces(pinfo, tree, first, spans, where)
  local added = show_extensions(pinfo, tree, first, spans)
  show_profiles(tree, first, spans, added)
  show_handshakes(pinfo, tree, first, spans, where)
end

-- Runs Wireshark's DTLS dissector over octets that came in a tunnel message. Ports of their own make a conversation
-- for each association; an error inside must not leave them in place.
local function dissect_inner(tvb, pinfo, tree, ports, where)
  local first = counts()
  local real = { pinfo.src_port, pinfo.dst_port }
  local records = records_of(tvb, 0, tvb:len())
  pinfo.src_port, pinfo.dst_port = ports[1], ports[2]
  if not (records and only_acks(records) and not ACK_KNOWN) then
    hand_over("dtls", tvb, pinfo, tree)
  end
  show_pieces(pinfo, tree, first, nil, where)
  if records then show_acks(pinfo, tree, tvb, records, first) end
  pinfo.src_port, pinfo.dst_port = real[1], real[2]
  table.insert(spans_inside(pinfo), { from = first, to = counts() })
end
