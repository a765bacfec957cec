-- SPDX-License-Identifier: GPL-2.0-only

-- Rules across fields: kind -> function(rule, node, octets of the layer) -> what is wrong, or nil.

local RULE = {}

local function length_of(node, name)
  return node.spans[name] and node.spans[name].len or 0
end

function RULE.AtMost(rule, node)
  local value = node.values[rule.field]
  if value and value > rule.most then
    return string.format("%s is %d, at most %d is allowed", rule.field, value, rule.most)
  end
end

function RULE.DistinctTypes() return nil end -- Wireshark's own dissector reads the hellos

function RULE.FlagNeeds(rule, node)
  if node.values[rule.flag] == 1 and node.values[rule.needed] ~= 1 then
    return string.format("%s is set without %s", rule.flag, rule.needed)
  end
end

function RULE.FragmentFits(_, node)
  local v = node.values
  if not (v.length and v.fragment_offset and v.fragment_length) then return nil end
  if v.fragment_offset + v.fragment_length > v.length then
    return string.format("fragment %d+%d exceeds the message of %d octets", v.fragment_offset, v.fragment_length,
      v.length)
  end
  if v.length > 0 and v.fragment_length == 0 then return "empty fragment of a message that has octets" end
end

function RULE.LengthAmong(rule, node)
  local found = length_of(node, rule.field)
  if not contains(rule.lengths, found) then
    return string.format("%s has %d octets, not %s", rule.field, found, table.concat(rule.lengths, " or "))
  end
end

function RULE.LengthBetween(rule, node)
  local found = length_of(node, rule.field)
  if found < rule.least or found > rule.most then
    return string.format("%s has %d octets, allowed are %d to %d", rule.field, found, rule.least, rule.most)
  end
end

function RULE.NotAmong(rule, node)
  local value = node.values[rule.field]
  if value and contains(rule.values, value) then
    return string.format("%s %d %s", rule.field, value, rule.why)
  end
end

function RULE.NotDecoded(rule) return rule.why end

function RULE.OneItem(rule, node)
  local found = node.counts[rule.field]
  if found and found ~= 1 then return string.format("%s: the server selects one, %d found", rule.field, found) end
end

function RULE.ProfileKeyLength(rule, node)
  local profile = node.values[rule.profile]
  local lengths = rule.lengths[profile]
  if not lengths then return nil end
  for index, names in ipairs({ rule.keys, rule.salts }) do
    for _, name in ipairs(names) do
      local found = length_of(node, name)
      if found ~= lengths[index] then
        return string.format("%s has %d octets, profile 0x%04x needs %d", name, found, profile, lengths[index])
      end
    end
  end
end

function RULE.RecordFits(rule, node)
  local found = node.values.length
  if found and found > rule.octets then
    return string.format("fragment of %d octets, at most %d are allowed", found, rule.octets)
  end
end

function RULE.SentBy() return nil end -- the direction is not in the octets

function RULE.UuidVersion4(rule, node)
  local span = node.spans[rule.field]
  if not span or span.len ~= 16 then return rule.field .. " is not a version 4 UUID" end
  local version, variant = span.tvb(span.pos + 6, 1):uint(), span.tvb(span.pos + 8, 1):uint()
  if math.floor(version / 16) ~= 4 or math.floor(variant / 64) ~= 2 then
    return rule.field .. " is not a version 4 UUID"
  end
end

function judge(node, octets)
  for _, rule in ipairs(node.layer.rules) do
    if not (rule.decode and node.broken) then
      local problem = RULE[rule.kind](rule, node, octets)
      if problem then report(node.shown, rule.severity, problem) end
    end
  end
end

-- Which side alone sends a message of this type, by the layer's own rule; nil when either does.
local function sender_of(node)
  for _, rule in ipairs(node.layer.rules) do
    if rule.kind == "SentBy" then return rule.senders[node.values[rule.field]] end
  end
end
