-- SPDX-License-Identifier: GPL-2.0-only
-- As much of Wireshark's Lua interface as a tunnel message needs, so that the script runs under any Lua.
-- Arguments: the script; then messages in hexadecimal. Prints "message N", then a field a line: name and value.

local function octets_of(hex)
  local octets = {}
  for pair in hex:gmatch("%x%x") do octets[#octets + 1] = tonumber(pair, 16) end
  return octets
end

local Range, Tvb, Bytes = {}, {}, {}
Range.__index, Tvb.__index, Bytes.__index = Range, Tvb, Bytes

local function new_tvb(octets) return setmetatable({ octets = octets }, Tvb) end

function Tvb:len() return #self.octets end

Tvb.__call = function(self, pos, len)
  pos, len = pos or 0, len or #self.octets - (pos or 0)
  assert(math.floor(pos) == pos and math.floor(len) == len, "whole numbers")
  assert(pos >= 0 and len >= 0 and pos + len <= #self.octets, "range is out of bounds")
  local part = {}
  for index = pos + 1, pos + len do part[#part + 1] = self.octets[index] end
  return setmetatable({ octets = part }, Range)
end

function Range:len() return #self.octets end
function Range:tvb() return new_tvb(self.octets) end
function Range:bytes() return setmetatable({ octets = self.octets }, Bytes) end

function Range:uint()
  assert(#self.octets >= 1 and #self.octets <= 4, "an unsigned integer of one to four octets")
  local number = 0
  for _, octet in ipairs(self.octets) do number = number * 256 + octet end
  return number
end

function Bytes:len() return #self.octets end
function Bytes:get_index(index) return self.octets[index + 1] end

Bytes.__tostring = function(self)
  local text = {}
  for index, octet in ipairs(self.octets) do text[index] = string.format("%02X", octet) end
  return table.concat(text)
end

local function masked(number, mask)
  if not mask then return number end
  while mask % 2 == 0 do number, mask = math.floor(number / 2), math.floor(mask / 2) end
  return number % (mask + 1)
end

local Item = {}
Item.__index = Item

local function shown(field, range)
  if field.kind == "bytes" or #range.octets > 4 then return tostring(range:bytes()):lower() end
  return string.format("%d", masked(range:uint(), field.mask))
end

function Item:add(what, range)
  if what.abbr then print(what.abbr, shown(what, range)) end
  return self
end

function Item:set_len() return self end
function Item:append_text() return self end
function Item:add_proto_expert_info(_, text) print("expert", text) return self end

ProtoField = setmetatable({}, { __index = function(_, kind)
  return function(abbr, _, _, _, mask) return { kind = kind, abbr = abbr, mask = mask } end
end })
base = setmetatable({}, { __index = function() return 0 end })
expert = { group = {}, severity = {} }
ProtoExpert = { new = function() return {} end }
Pref = { bool = function(_, value) return value end, enum = function(_, value) return value end }
Field = { new = function() return function() end end }
Dissector = { get = function() return { call = function() end } end }
DissectorTable = { get = function() return { add_for_decode_as = function() end } end }
DESEGMENT_ONE_MORE_SEGMENT = 0x0fffffff

local protos = {}

function Proto(name)
  protos[name] = { prefs = {}, register_heuristic = function() end }
  return protos[name]
end

function register_postdissector() end

local column = setmetatable({}, { __index = function() return function() end end })

dofile(arg[1])
for number = 2, #arg do
  print("message", number - 1)
  local pinfo = {
    number = number, src = "192.0.2.1", dst = "192.0.2.2", src_port = 1000 + number, dst_port = 4433,
    can_desegment = 0, cols = { info = column, protocol = column },
  }
  protos.perc.init()
  protos.perc_tunnel.dissector(new_tvb(octets_of(arg[number])), pinfo, setmetatable({}, Item))
end
