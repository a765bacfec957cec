-- SPDX-License-Identifier: GPL-2.0-only

-- Values, conditions and extents, worked out from a layer's table before anything is shown. Positions count from 0 as
-- in Wireshark; `stop` is behind the last octet.

local NOTREE = {}
NOTREE.add = function() return NOTREE end
NOTREE.set_len = function() return NOTREE end
NOTREE.append_text = function() return NOTREE end
NOTREE.set_generated = function() return NOTREE end
NOTREE.add_proto_expert_info = function() return NOTREE end

local show_keys = function() return false end
local EXPERT = {}
local HEX_SHOWN = 24

local function report(item, severity, text)
  item:add_proto_expert_info(EXPERT[severity] or EXPERT.error, text)
end

local function needs(octets, left)
  return string.format("needs %d octets, %d left", octets, left)
end

-- Numbers of more than four octets are shown but never computed with.
local function number_at(tvb, pos, octets)
  if octets <= 4 then return tvb(pos, octets):uint() end
  return nil
end

local function part_of(number, part)
  return math.floor(number / 2 ^ part.shift) % 2 ^ part.width
end

local function bit_set(value, mask)
  local place = 1
  while place <= mask do
    if math.floor(mask / place) % 2 == 1 and math.floor(value / place) % 2 == 1 then return true end
    place = place * 2
  end
  return false
end

local function contains(list, value)
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

local function holds(when, values)
  if when == nil then return true end
  if when.kind == "Same" then return values[when.left] == values[when.right] end
  local value = values[when.field]
  if value == nil then return false end
  if when.kind == "BitSet" then return bit_set(value, when.mask) end
  local among = contains(when.values, value)
  if when.kind == "NotEquals" then return not among end
  return among
end

local function announced(size, values)
  local value = values[size.field]
  return value and value * size.unit + size.plus
end

local function form_of(layer, tvb, pos, stop)
  local union = layer.union
  if not union then return layer end
  local at = union.tag_at >= 0 and pos + union.tag_at or stop + union.tag_at
  local tag = at >= pos and at < stop and tvb(at, 1):uint() or nil
  return L[tag and union.forms[tag] or union.other]
end

local function open_ended(step)
  return step.kind == "rest" or step.kind == "repeated" or step.kind == "trailer" or step.size == "rest"
end

local function fixed_octets(steps, values)
  local octets = 0
  for _, step in ipairs(steps) do
    if holds(step.present, values) then octets = octets + (step.octets or 0) end
  end
  return octets
end

local function read_values(step, tvb, pos, values)
  local number = number_at(tvb, pos, step.octets)
  if step.kind == "bits" then
    for _, part in ipairs(step.parts) do values[part.name] = part_of(number, part) end
  else
    values[step.name] = number
  end
end

-- How many octets a layer takes at the end of a region, from its own last octets; or nil and why it cannot be said.
local function extent_from_end(layer, tvb, pos, stop)
  layer = form_of(layer, tvb, pos, stop)
  local steps, values = layer.steps, {}
  local last = steps[#steps]
  if stop - pos < last.octets then return nil, needs(last.octets, stop - pos) end
  if layer.last_first then
    read_values(last, tvb, stop - last.octets, values)
    local octets = fixed_octets(steps, values)
    if octets > stop - pos then return nil, needs(octets, stop - pos) end
    return octets
  end
  local first = steps[1]
  if first.kind ~= "rest" then return fixed_octets(steps, values) end
  if not first.size then return nil, layer.rules[1] and layer.rules[1].why or "its length is not known" end
  local fixed, at = fixed_octets(steps, values), stop
  if stop - pos < fixed then return nil, needs(fixed, stop - pos) end
  for index = #steps, 2, -1 do
    at = at - steps[index].octets
    read_values(steps[index], tvb, at, values)
  end
  local octets = announced(first.size, values)
  for _, rule in ipairs(layer.rules) do
    local limited = rule.kind == "LengthBetween" and rule.field == first.name
    if limited and (octets < rule.least or octets > rule.most) then octets = -1 end
  end
  if octets < 0 or octets + fixed > stop - pos then
    return nil, string.format("%s %d does not fit", first.size.field, values[first.size.field])
  end
  return octets + fixed
end

local function tail_octets(step, tvb, pos, stop, values)
  if not holds(step.present, values) then return 0 end
  if step.kind == "trailer" then return extent_from_end(L[step.content], tvb, pos, stop) end
  if stop - pos < step.octets then return nil, needs(step.octets, stop - pos) end
  return step.octets
end

-- Where an open-ended step ends: in front of what is declared behind it.
local function region_end(node, index, tvb, pos, stop)
  local steps = node.layer.steps
  if not open_ended(steps[index]) then return stop end
  for behind = #steps, index + 1, -1 do
    local octets, reason = tail_octets(steps[behind], tvb, pos, stop, node.values)
    if not octets then return nil, reason end
    stop = stop - octets
  end
  return stop
end
