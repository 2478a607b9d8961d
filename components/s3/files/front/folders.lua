-- Folders that S3 made go with their last object; folders that a person made stay.
--
-- The gateway removes each folder that a deletion leaves empty. Those that it made itself bear a mark, which is set here. In
-- the others something is kept for as long as the deletion takes: what the gateway has for its own, and no listing shows.
local names = require "names"
local posix = require "posix"

local M = {}

local MADE = "nuvla.made"

-- The folders that a write of this key will make.
function M.missing(root, bucket, key)
  local found = {}
  local all = names.parents(key)
  if key:sub(-1) == "/" then all[#all + 1] = key:sub(1, -2) end
  for _, folder in ipairs(all) do
    local fd = #found == 0 and posix.open(root, bucket .. "/" .. folder, true)
    if fd then posix.close(fd) else found[#found + 1] = bucket .. "/" .. folder end
  end
  return found
end

-- Notes that S3 made them.
function M.made(root, folders)
  for _, folder in ipairs(folders) do
    local fd = posix.open(root, folder, true)
    if fd then
      posix.set(fd, MADE, "1")
      posix.close(fd)
    end
  end
end

-- The innermost folder of a key that a person made, if the gateway could come to remove it.
local function persons(root, bucket, key)
  local all = names.parents(key)
  if key:sub(-1) == "/" then all[#all + 1] = key:sub(1, -2) end
  for i = #all, 1, -1 do
    local path = bucket .. "/" .. all[i]
    local fd = posix.open(root, path, true)
    if fd then
      local by_s3 = posix.get(fd, MADE)
      local object = i < #all and posix.get(fd, "etag") -- the gateway stops there by itself
      posix.close(fd)
      if not by_s3 then return not object and path or nil end
    end
  end
end

-- Keeps something in a folder; its name, by which it is let go again.
local function keep(root, path)
  local fd = posix.open(root, path, true)
  if not fd then return nil end
  local name = names.OWN .. "/" .. ngx.var.id
  for _ = 1, 20 do -- another deletion may remove the outer one in between
    posix.mkdir(fd, names.OWN)
    if posix.mkdir(fd, name) then break end
  end
  posix.close(fd)
  return name
end

-- Holds the persons' folders of keys that are to be deleted; returns what lets go of them.
function M.hold(root, bucket, keys)
  local held = {}
  for _, key in ipairs(keys) do
    local path = persons(root, bucket, key)
    if path and not held[path] then held[path] = keep(root, path) end
  end
  return function()
    for path, name in pairs(held) do
      local fd = posix.open(root, path, true)
      if fd then
        posix.rmdir(fd, name)
        posix.rmdir(fd, names.OWN)
        posix.close(fd)
      end
    end
  end
end

-- Removes what S3 made and is empty: somebody removed files over NFS, and the bucket is to go.
function M.prune(root, path)
  local fd = posix.open(root, path, true)
  if not fd then return end
  for _, entry in ipairs(posix.entries(fd) or {}) do
    if entry.kind == "folder" and entry.name ~= names.OWN then
      M.prune(root, path .. "/" .. entry.name)
      local inner = posix.open(fd, entry.name, true)
      if inner then
        if posix.get(inner, MADE) and not posix.get(inner, "etag") then posix.rmdir(fd, entry.name) end
        posix.close(inner)
      end
    end
  end
  posix.close(fd)
end

return M
