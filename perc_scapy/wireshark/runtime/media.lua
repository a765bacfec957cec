-- SPDX-License-Identifier: GPL-2.0-only

-- SRTP and SRTCP of AEAD and double profiles: where ciphertext, tag and EKT field are. Nothing is decrypted here.

local perc_srtp = Proto("perc_srtp", "PERC SRTP")
local perc_double = Proto("perc_double", "Double SRTP, outer layer removed")

local ekt_wanted = function() return "auto" end
local SHORTEST_RTP, SHORTEST_RTCP = 12, 8

local function first_octets(tvb)
  return tvb(0, 1):uint(), tvb:len() > 1 and tvb(1, 1):uint() or 0
end

-- RFC 7983 section 7 and RFC 5761 section 4.
local function kind_of(tvb)
  if tvb:len() == 0 then return "none" end
  local first, second = first_octets(tvb)
  if first < 4 then return "stun" end
  if first >= 16 and first < 20 then return "zrtp" end
  if first >= 20 and first < 64 then return "dtls" end
  if first >= 64 and first < 80 then return "turn" end
  if first >= 128 and first < 192 then
    return second >= 192 and second <= 223 and "rtcp" or "rtp"
  end
  return "none"
end

local OTHERS = { stun = "stun-udp", turn = "turnchannel", zrtp = "zrtp", dtls = "dtls" }

-- Profile and EKT of the conversation, as its last ServerHello chose or the preference says.
local function call_of(pinfo)
  local seen = now_at(pinfo, state.calls[conversation(pinfo)])
  local wanted = ekt_wanted()
  local profile = seen and seen.profile
  if wanted == "never" then return profile, false end
  if wanted == "always" then return profile, true end
  return profile, seen ~= nil and seen.ekt_cipher ~= nil
end

local function ekt_text(context)
  local full, short = context.nodes.EKTFull, context.nodes.EKTShort
  if full and full.values.epoch then
    return string.format(" / EKT full spi 0x%04x epoch %d", full.values.spi, full.values.epoch)
  end
  if short then return " / EKT short" end
  local other = context.nodes.EKTExtension
  if other and other.values.type then return string.format(" / EKT extension type %d", other.values.type) end
  return " / no EKT field"
end

local function show_rtp(tvb, pinfo, tree, profile, ekt, seen)
  local double = C.double[profile or 0]
  local name = "SRTPAEAD"
  if ekt and (double or not profile) then name = "DoubleSRTP" end
  if name ~= "DoubleSRTP" and C.srtp[profile or 0] ~= name then return end
  local item = tree:add(perc_srtp, tvb())
  item:append_text(", " .. (N.ProtectionProfile[profile] or "profile not seen"))
  if #found("auth_tag") > 0 then
    item:add(tvb(), "Tag and payload as this profile has them; those of RTP above are of an HMAC profile")
  end
  local context = new_context(pinfo)
  walk(L[name], tvb, 0, tvb:len(), item, context, { whole = true, flat = true, from = seen and "ciphertext" or nil })
  if name == "DoubleSRTP" then pinfo.cols.info:append(ekt_text(context)) end
end

-- Nobody puts an EKT field behind SRTCP (RFC 8870 section 4.1); does one seem to be there?
local function ekt_behind_rtcp(tvb)
  local size = tvb:len()
  if size < SHORTEST_RTCP + 21 then return nil end
  local function flagged(pos) return pos >= SHORTEST_RTCP and tvb(pos, 1):uint() >= 128 end
  local last = tvb(size - 1, 1):uint()
  if last == 0 then
    return flagged(size - 5) and not flagged(size - 4) and "short" or nil
  end
  local octets = extent_from_end(L.EKTField, tvb, SHORTEST_RTCP, size)
  if last == 2 and octets and octets > 1 and flagged(size - octets - 4) and not flagged(size - 4) then
    return "full"
  end
end

local function show_rtcp(tvb, pinfo, tree, profile)
  local name = C.srtcp[profile or 0]
  if name ~= "SRTCP" or tvb:len() < SHORTEST_RTCP then return false end
  local item = tree:add(perc_srtp, tvb())
  item:append_text(", SRTCP, " .. N.ProtectionProfile[profile])
  local context = new_context(pinfo)
  local _, node = walk(L[name], tvb, 0, tvb:len(), item, context, { whole = true, flat = true })
  local behind = ekt_behind_rtcp(tvb)
  if behind then report(item, "warning", "an EKT field (" .. behind .. ") seems to stand behind SRTCP") end
  local values = node.values
  if values.index then
    pinfo.cols.protocol:set("SRTCP")
    pinfo.cols.info:set(string.format("SRTCP %s ssrc %08x index %d", N.RtcpType[values.packet_type]
      or tostring(values.packet_type), values.ssrc, values.index))
  end
  return true
end

-- RTP by its header alone: dissectors of payload types have no use for ciphertext. Returns where the header ends.
local function rtp_header(tvb, pinfo, tree)
  local after = walk(L.RTPHeader, tvb, 0, tvb:len(), NOTREE, new_context(pinfo), {})
  hand_over("rtp", tvb(0, after):tvb(), pinfo, tree)
  return after
end

local taken, taken_kind = -1, "none" -- frame that the function below has seen, and as what

-- As a conversation's dissector: everything that shares the port of a call.
local function demultiplex(tvb, pinfo, tree)
  local kind = kind_of(tvb)
  taken, taken_kind = pinfo.number, kind
  local profile, ekt = call_of(pinfo)
  if kind == "rtcp" then
    if show_rtcp(tvb, pinfo, tree, profile) then return tvb:len() end
    return hand_over("rtcp", tvb, pinfo, tree)
  end
  if kind == "rtp" then
    if profile or not ekt then hand_over("rtp", tvb, pinfo, tree) else rtp_header(tvb, pinfo, tree) end
    show_rtp(tvb, pinfo, tree, profile, ekt, true)
    return tvb:len()
  end
  local records = kind == "dtls" and records_of(tvb, 0, tvb:len())
  if records and only_acks(records) and not ACK_KNOWN then
    pinfo.cols.protocol:set("DTLS")
    pinfo.cols.info:set("")
    show_acks(pinfo, tree, tvb, records)
    return tvb:len()
  end
  if OTHERS[kind] then return hand_over(OTHERS[kind], tvb, pinfo, tree) end
  return 0
end

function perc_srtp.dissector(tvb, pinfo, tree)
  if tvb:len() == 0 then return 0 end
  return demultiplex(tvb, pinfo, tree)
end

local function ohb_text(values)
  local words = {}
  if values.P == 1 then words[#words + 1] = "pt " .. values.payload_type end
  if values.Q == 1 then words[#words + 1] = "seq " .. values.sequence_number end
  if values.M == 1 then words[#words + 1] = "marker " .. values.B end
  return "OHB " .. (#words > 0 and table.concat(words, ", ") or "unchanged")
end

-- RTP whose payload is what the outer layer protected: the inner layer's output, and the OHB behind it.
function perc_double.dissector(tvb, pinfo, tree)
  if kind_of(tvb) ~= "rtp" then return 0 end
  taken, taken_kind = pinfo.number, "rtp"
  local after = rtp_header(tvb, pinfo, tree)
  if after == tvb:len() then return after end
  local context = new_context(pinfo)
  local item = tree:add(perc_double, tvb(after, tvb:len() - after))
  walk(L.DoublePlaintext, tvb, after, tvb:len(), item, context, { whole = true, flat = true })
  local ohb = context.nodes.OHB
  if ohb and ohb.values.Q and not ohb.broken then pinfo.cols.info:append(" / " .. ohb_text(ohb.values)) end
  return tvb:len()
end
