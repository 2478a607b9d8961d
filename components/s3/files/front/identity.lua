-- The ETag of a file is that of what the file holds now, whoever wrote it: over S3, over NFS, or on the machine.
--
-- The gateway keeps ETag and checksums as attributes of the file, and believes them for ever. Here a further attribute says
-- of which state of the file they are: its mtime, size and ctime. Who writes into the file changes the ctime at least, which
-- nobody can set back. Where the state is another, or unknown (the front was killed before it noted it; the file is of a time
-- before the front), the content is compared with the ETag, or the file gets a new one.
local ffi = require "ffi"
local digests = require "digests"
local posix = require "posix"

local M = {}

local SEEN = "nuvla.seen"
local MIB = 1048576
local READ_AGAIN = 1024 * MIB -- at most, to tell whether an ETag is still right; a second or two
local DIGESTED = 16 * MIB -- at most, to make a new one; larger files get one of their state, in the form of those of parts
local FRESH_S = 5
local SETTLES_S = 0.02 -- some ticks of the kernel's clock: a write after that has another ctime
local piece = ffi.new("char[?]", MIB)

local function state(found) return found.mtime .. " " .. found.ctime .. " " .. found.size end

-- The MD5 of so many bytes: whoever appends to the file all the while would be followed for ever.
local function hex_of_content(fd, left)
  local digest = digests.start "md5"
  while left > 0 do
    local length = posix.read(fd, piece, math.min(MIB, left))
    if length < 0 then return nil end
    if length == 0 then break end
    digest.update(piece, length)
    left = left - length
    ngx.sleep(0.001) -- others' turn
  end
  return digests.hex(digest.final())
end

-- Notes that ETag and checksums are of this state. Writing that down changes the ctime, to what cannot be known before: so
-- it is noted between which moments it is, some milliseconds apart, and once they are over, that it has stayed the same.
local function note(fd, found)
  for try = 1, 6 do
    local first, last = posix.moments(2 ^ try)
    if not posix.set(fd, SEEN, table.concat({ found.mtime, found.size, first, last }, " ")) then return end
    local now = posix.stat(fd)
    if now.mtime ~= found.mtime or now.size ~= found.size then break end
    if now.ctime >= first and now.ctime <= last then
      ngx.shared.fresh:set(found.inode, state(now), FRESH_S)
      ngx.sleep(2 ^ try / 1000 + 0.001)
      if posix.stat(fd).ctime == now.ctime then return end
      break
    end
  end
  -- Another request may know the present state meanwhile, and notes it itself: to remove it would change that state.
  if ngx.shared.fresh:get(found.inode) ~= state(posix.stat(fd)) then posix.remove(fd, SEEN) end
end

local function of_state(found)
  return ('"%s-1"'):format(digests.hex(digests.of("md5", found.inode .. " " .. state(found))))
end

-- How much of a file is read to see whether its ETag is still right.
local function worth_reading(seen, found)
  if not seen then return READ_AGAIN end
  local mtime, size = seen:match "^(%S+) (%d+)"
  if tonumber(size) ~= found.size then return 0 end
  return mtime == found.mtime and READ_AGAIN or DIGESTED
end

-- Whether the noted state of an open file is its state now. What has just been noted is remembered exactly: the moments that
-- are noted with the file may not be over yet.
function M.current(fd, found)
  local exact = ngx.shared.fresh:get(found.inode)
  if exact then return exact == state(found) end
  local mtime, size, first, last = (posix.get(fd, SEEN) or ""):match "^(%S+) (%d+) (%S+) (%S+)$"
  return mtime == found.mtime and tonumber(size) == found.size and found.ctime >= first and found.ctime <= last
end

-- The file's state and, if it is worth reading, its MD5; both of the same moment.
local function read(fd, etag)
  for _ = 1, 3 do
    local found = posix.stat(fd)
    local plain = etag and etag:match '^"(%x+)"$'
    local worth = plain and found.size <= worth_reading(posix.get(fd, SEEN), found) or found.size <= DIGESTED
    local content = worth and hex_of_content(fd, found.size)
    if state(posix.stat(fd)) == state(found) then return found, content, content and content == plain end
    posix.rewind(fd)
  end
end

-- Sees to it that the attributes of an open file are of what it holds. Returns an ETag for the gateway's answer where they
-- cannot be written: the file is somebody's who lets nobody write, or is being written all the time.
function M.settle(fd)
  local now = posix.stat(fd)
  if now.kind ~= "file" or M.current(fd, now) then return nil end
  local found, content, right = read(fd, posix.get(fd, "etag"))
  if not found then return of_state(now) end
  if not right then
    local new = content and '"' .. content .. '"' or of_state(found)
    if not posix.set(fd, "etag", new) then return new end
    posix.remove(fd, "checksums")
    posix.remove(fd, "mp-metadata")
  end
  note(fd, found)
  return nil
end

-- The ETag of an open file as a list shows it, and its checksums. Lists write nothing, and read small files alone.
function M.listed(fd, found)
  if M.current(fd, found) then return posix.get(fd, "etag"), posix.get(fd, "checksums") end
  local content = found.size <= MIB and hex_of_content(fd, found.size)
  return content and '"' .. content .. '"' or of_state(found)
end

-- What clients send as coding of the transfer is none of the object: "aws-chunked,gzip" is "gzip".
function M.coding(text)
  local kept = {}
  for one in text:gmatch "[^,%s]+" do
    if one:lower() ~= "aws-chunked" then kept[#kept + 1] = one end
  end
  return table.concat(kept, ",")
end

local function clean(fd)
  local coding = posix.get(fd, "content-encoding")
  if not coding or not coding:lower():find("aws-chunked", 1, true) then return end
  local kept = M.coding(coding)
  if kept == "" then posix.remove(fd, "content-encoding") else posix.set(fd, "content-encoding", kept) end
end

local function later(_, root, path, expected)
  local fd = posix.open(root, path)
  if not fd then return end
  local found = posix.stat(fd)
  if state(found) == expected then note(fd, found) end
  posix.close(fd)
end

-- Notes the state of an object that the gateway has just written with this ETag.
function M.written(root, path, etag)
  local fd = posix.open(root, path)
  if not fd then return end
  local found = posix.stat(fd)
  if found.kind == "file" and posix.get(fd, "etag") == etag then
    clean(fd)
    found = posix.stat(fd)
    ngx.shared.fresh:set(found.inode, state(found), FRESH_S)
    ngx.timer.at(SETTLES_S, later, root, path, state(found))
  end
  posix.close(fd)
end

return M
