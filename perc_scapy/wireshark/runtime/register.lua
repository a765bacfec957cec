-- SPDX-License-Identifier: GPL-2.0-only

-- Preferences, expert information, and where Wireshark calls us from.

perc.prefs.show_keys = Pref.bool("Show key octets", false, "Keys and salts in the tree, not only their lengths")
local EKT = { [0] = "auto", "always", "never" }
perc.prefs.ekt = Pref.enum("EKT fields", 0, "auto: where a ServerHello chose an EKT cipher",
  { { 1, "auto", 0 }, { 2, "always", 1 }, { 3, "never", 2 } }, false)
local VERSION = { [0] = "auto", "draft00", "rfc9185" }
perc.prefs.tunnel = Pref.enum("Tunnel version", 0, "auto: by the first message of a tunnel",
  { { 1, "auto", 0 }, { 2, "draft00", 1 }, { 3, "rfc9185", 2 } }, false)

function show_keys() return perc.prefs.show_keys end
function ekt_wanted() return EKT[perc.prefs.ekt] end
function wanted_version() return VERSION[perc.prefs.tunnel] end

EXPERT.error = ProtoExpert.new("perc.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
EXPERT.warning = ProtoExpert.new("perc.warning", "Suspicious", expert.group.PROTOCOL, expert.severity.WARN)
EXPERT.note = ProtoExpert.new("perc.note", "Note", expert.group.PROTOCOL, expert.severity.NOTE)
EXPERT.comment = ProtoExpert.new("perc.comment", "Comment", expert.group.COMMENTS_GROUP, expert.severity.CHAT)
EXPERT.keys = ProtoExpert.new("perc.key_in_clear", "Key in clear", expert.group.SECURITY, expert.severity.WARN)
perc.experts = { EXPERT.error, EXPERT.warning, EXPERT.note, EXPERT.comment, EXPERT.keys }
perc.fields = F

-- Media of conversations that we did not take: set up by other means than DTLS, or by hand ("Decode As").
local function show_media(tvb, pinfo, tree, kind)
  local profile, ekt = call_of(pinfo)
  if #found(kind) == 0 then return end
  if kind == "rtp" then show_rtp(tvb, pinfo, tree, profile, ekt, true) end
  if kind == "rtcp" then show_rtcp(tvb, pinfo, tree, profile) end
end

-- After all other dissectors: the pieces of DTLS outside of tunnels, and media where nothing else was done.
local function finish_packet(pinfo, tree)
  if taken == pinfo.number and taken_kind ~= "dtls" then return end -- nearly all packets of a call
  local spans = spans_inside(pinfo)
  local entry = learn_choice(pinfo, nil, spans)
  show_pieces(pinfo, tree, nil, spans, conversation(pinfo))
  -- Wireshark leaves the packets of a call to STUN when it has seen that first, and passes DTLS through RTP.
  if entry and entry.profile > 0 then pinfo.conversation = perc_srtp end
  local payload = found("payload")[1] or found("exported")[1]
  if not payload or taken == pinfo.number then return end
  local tvb = payload.range:tvb()
  local kind = kind_of(tvb)
  if kind == "dtls" then
    local records = records_of(tvb, 0, tvb:len())
    if records then show_acks(pinfo, tree, tvb, records, nil, spans) end
  elseif kind == "rtp" or kind == "rtcp" then
    show_media(tvb, pinfo, tree, kind)
  end
end

function perc.dissector(_, pinfo, tree)
  finish_packet(pinfo, tree)
  inside.frame, taken = -1, -1 -- the same packet may be dissected again at once
end

perc_tunnel:register_heuristic("dtls", recognise)
perc_tunnel:register_heuristic("tls", recognise)

local function decode_as(table_name, proto)
  pcall(function() DissectorTable.get(table_name):add_for_decode_as(proto) end)
end
for _, name in ipairs({ "dtls.port", "tls.port" }) do decode_as(name, perc_tunnel) end
for _, proto in ipairs({ perc_srtp, perc_double, perc_tunnel }) do decode_as("udp.port", proto) end

register_postdissector(perc)
if set_plugin_info then set_plugin_info({ version = C.version, description = "PERC tunnel, EKT and double SRTP" }) end
