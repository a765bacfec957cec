-- SPDX-License-Identifier: GPL-2.0-only

-- Walking a layer's table over octets. Nothing here raises: what does not fit becomes expert information, and the
-- octets are shown as they are.

local function fault(node, item, text)
  node.broken = true
  report(item, "error", text)
end

local function check_only(node, item, name, only, value)
  if only and not contains(only, value) then
    fault(node, item, string.format("%s: value %d is not among %s", name, value, table.concat(only, ", ")))
  end
end

local function check_length(node, item, step, octets)
  if step.min and octets < step.min then
    fault(node, item, string.format("%s: has %d octets, at least %d are required", step.name, octets, step.min))
  elseif step.max and octets > step.max then
    fault(node, item, string.format("%s: has %d octets, at most %d are allowed", step.name, octets, step.max))
  end
end

local walk -- a layer, below
local READ = {} -- kind of step -> function(node, step, tvb, pos, stop) -> position behind it, or nil and a reason

function READ.number(node, step, tvb, pos, stop)
  if stop - pos < step.octets then return nil, needs(step.octets, stop - pos) end
  read_values(step, tvb, pos, node.values)
  local item = node.tree:add(F[step.field], tvb(pos, step.octets))
  node.items[step.name] = item
  check_only(node, item, step.name, step.only, node.values[step.name])
  return pos + step.octets
end

function READ.bits(node, step, tvb, pos, stop)
  if stop - pos < step.octets then return nil, needs(step.octets, stop - pos) end
  read_values(step, tvb, pos, node.values)
  for _, part in ipairs(step.parts) do
    local item = node.tree:add(F[part.field], tvb(pos, step.octets))
    node.items[part.name] = item
    check_only(node, item, part.name, part.only, node.values[part.name])
  end
  return pos + step.octets
end

-- Octets with their place kept for the rules; those of keys only when the preference says so.
local function octets_item(node, step, tvb, pos, octets)
  node.spans[step.name] = { tvb = tvb, pos = pos, len = octets }
  if octets == 0 then return node.tree end
  if step.secret and not show_keys() or step.kind == "select" and node.context.hidden then
    local text = string.format("%s: %d octets, hidden (preference perc.show_keys)", step.label, octets)
    return node.tree:add(tvb(pos, octets), text)
  end
  return node.tree:add(F[step.field], tvb(pos, octets))
end

-- Octets that a layer explains, that another dissector takes, or that stand for themselves.
local function explained(node, step, tvb, pos, stop)
  local layer = step.content and L[step.content]
  if not layer then
    local item = octets_item(node, step, tvb, pos, stop - pos)
    if step.content and stop > pos then
      local carried = node.context.carried
      carried[#carried + 1] = { tvb = tvb, pos = pos, len = stop - pos, values = node.values, spans = node.spans }
    end
    return item
  end
  node.spans[step.name] = { tvb = tvb, pos = pos, len = stop - pos }
  if stop > pos then walk(layer, tvb, pos, stop, node.tree, node.context, { whole = true }) end
  return node.tree
end

function READ.fixed(node, step, tvb, pos, stop)
  if stop - pos < step.octets then return nil, needs(step.octets, stop - pos) end
  node.items[step.name] = octets_item(node, step, tvb, pos, step.octets)
  return pos + step.octets
end

local function prefixed(node, step, tvb, pos, stop)
  if stop - pos < step.prefix then
    return nil, string.format("length prefix needs %d octets, %d left", step.prefix, stop - pos)
  end
  local octets = tvb(pos, step.prefix):uint()
  local start = pos + step.prefix
  if octets > stop - start then
    return nil, string.format("announces %d octets, %d left", octets, stop - start)
  end
  local item = node.tree:add(F[step.length_field], tvb(pos, step.prefix))
  check_length(node, item, step, octets)
  return start, start + octets, item
end

function READ.opaque(node, step, tvb, pos, stop)
  local start, finish, item = prefixed(node, step, tvb, pos, stop)
  if not start then return nil, finish end
  node.items[step.name] = item
  explained(node, step, tvb, start, finish)
  return finish
end

-- At most `count` items (nil: all up to `stop`).
local function read_items(node, step, tvb, pos, stop, count)
  local item, found = step.item, 0
  while pos < stop and found ~= count do
    local before = pos
    if item.layer then
      pos = walk(L[item.layer], tvb, pos, stop, node.tree, node.context, {})
    elseif stop - pos < item.octets then
      fault(node, node.tree, string.format("%s: incomplete item: %s", step.name, needs(item.octets, stop - pos)))
      pos = stop
    else
      local shown = node.tree:add(F[item.field], tvb(pos, item.octets))
      check_only(node, shown, step.name, item.only, number_at(tvb, pos, item.octets))
      pos = pos + item.octets
    end
    found = found + 1
    if pos == before then
      fault(node, node.tree, step.name .. ": octets that form no item")
      pos = stop
    end
  end
  node.counts[step.name] = found
  return pos
end

function READ.vector(node, step, tvb, pos, stop)
  local start, finish, item = prefixed(node, step, tvb, pos, stop)
  if not start then return nil, finish end
  node.items[step.name] = item
  return read_items(node, step, tvb, start, finish)
end

function READ.counted(node, step, tvb, pos, stop)
  local count = math.max(0, announced(step.size, node.values) or 0)
  pos = read_items(node, step, tvb, pos, stop, count)
  if node.counts[step.name] < count then
    fault(node, node.tree, string.format("%s: announces %d for %s, %d found", step.size.field, count, step.name,
      node.counts[step.name]))
  end
  return pos
end

function READ.repeated(node, step, tvb, pos, stop)
  pos = read_items(node, step, tvb, pos, stop)
  if node.counts[step.name] < step.min then
    fault(node, node.tree, string.format("%s: has %d items, at least %d are required", step.name,
      node.counts[step.name], step.min))
  end
  return pos
end

function READ.rest(node, step, tvb, pos, stop)
  explained(node, step, tvb, pos, stop)
  return stop
end

READ.trailer = READ.rest

-- The region of a step that another field counts, within what there is.
local function counted_end(node, step, pos, stop)
  local octets = announced(step.size, node.values)
  if not octets then return stop end
  if octets > stop - pos then
    fault(node, node.items[step.size.field] or node.tree,
      string.format("%s: announces %d for %s, %d found", step.size.field, octets, step.name, stop - pos))
    return stop
  end
  return pos + math.max(0, octets)
end

function READ.sized(node, step, tvb, pos, stop)
  stop = counted_end(node, step, pos, stop)
  check_length(node, octets_item(node, step, tvb, pos, stop - pos), step, stop - pos)
  return stop
end

local function case_of(node, step)
  local values = {}
  for index, name in ipairs(step.on) do values[index] = string.format("%d", node.values[name] or -1) end
  local key = table.concat(values, ",")
  if not holds(step.when, node.values) then return nil, true end
  if step.cases[key] then return L[step.cases[key]] end
  return nil, step.opaque or (step.foreign and step.foreign[key]) or false
end

local function no_body(node, step)
  local words = {}
  for index, name in ipairs(step.on) do words[index] = string.format("%s %d", name, node.values[name] or -1) end
  return table.concat(words, ", ") .. " has no defined body"
end

function READ.select(node, step, tvb, pos, stop)
  local layer, plain = case_of(node, step)
  if step.size and step.size ~= "rest" then stop = counted_end(node, step, pos, stop) end
  if layer then
    return walk(layer, tvb, pos, stop, node.tree, node.context, { whole = step.size ~= nil, body = true })
  end
  if not plain and not step.size then return nil, no_body(node, step) end
  local item = octets_item(node, step, tvb, pos, stop - pos)
  if not plain then fault(node, item, no_body(node, step)) end
  return stop
end

local function show_malformed(node, step, tvb, pos, stop, reason)
  local item = node.tree
  if stop > pos then
    local text = string.format("%s: %d octets", step.label or step.name, stop - pos)
    local hidden = step.secret or node.secret or node.context.hidden
    if not hidden then text = text .. ": " .. tostring(tvb(pos, math.min(stop - pos, HEX_SHOWN)):bytes()) end
    item = node.tree:add(tvb(pos, stop - pos), text)
  end
  fault(node, item, string.format("%s: %s", step.name, reason))
end

local function has_secrets(layer)
  for _, step in ipairs(layer.steps) do
    if step.secret then return true end
  end
  return false
end

local function walk_steps(node, tvb, pos, stop, from)
  for index, step in ipairs(node.layer.steps) do
    if step.name == from then node.tree = node.shown end
    local there = holds(step.present, node.values)
    if step.optional then there = pos < stop end
    if there then
      local finish, reason = region_end(node, index, tvb, pos, stop)
      local after = nil
      if finish then after, reason = READ[step.kind](node, step, tvb, pos, finish) end
      if not after then
        node.tree = node.shown
        show_malformed(node, step, tvb, pos, stop, reason)
        return stop
      end
      pos = after
    end
  end
  return pos
end

-- The last octets say what is in front of them.
local function walk_last_first(node, tvb, pos, stop)
  local steps = node.layer.steps
  local last = steps[#steps]
  if stop - pos < last.octets then
    show_malformed(node, last, tvb, pos, stop, needs(last.octets, stop - pos))
    return stop
  end
  read_values(last, tvb, stop - last.octets, node.values)
  local octets = fixed_octets(steps, node.values)
  if octets ~= stop - pos then
    show_malformed(node, last, tvb, pos, stop, octets > stop - pos and needs(octets, stop - pos)
      or string.format("%d octets left over", stop - pos - octets))
    return stop
  end
  return walk_steps(node, tvb, pos, stop)
end

local judge -- the rules, in the next part

-- Shows one layer. `options`: `whole`: octets behind its fields are a fault; `from`: name of the first step to show;
-- `flat`: the tree given is the layer's own. Returns the position behind it, and the node with the values found.
function walk(layer, tvb, pos, stop, tree, context, options)
  layer = form_of(layer, tvb, pos, stop)
  local node = { layer = layer, values = {}, items = {}, spans = {}, counts = {}, context = context }
  node.secret = has_secrets(layer) and not show_keys()
  node.shown = tree
  local headed = stop > pos and #layer.steps > 0 and not options.flat
  if headed then node.shown = tree:add(tvb(pos, stop - pos), layer.title) end
  node.tree = options.from and NOTREE or node.shown
  context.nodes[layer.name] = node
  local after
  if layer.last_first then
    after = walk_last_first(node, tvb, pos, stop)
  else
    after = walk_steps(node, tvb, pos, stop, options.from)
  end
  if options.whole and after < stop then
    fault(node, node.shown:add(tvb(after, stop - after), string.format("%d octets", stop - after)),
      string.format("%d octets left over", stop - after))
    after = stop
  elseif headed then
    node.shown:set_len(after - pos)
  end
  judge(node, after - pos)
  return after, node
end

local function new_context(pinfo)
  return { pinfo = pinfo, carried = {}, nodes = {} }
end
