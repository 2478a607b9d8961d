-- Whether a request is signed with a key of this S3 (AWS Signature Version 4), and requests that are.
--
-- The gateway is who lets requests in. This is for what the front answers itself: only if it is certain of a signature; all
-- else goes to the gateway, which says what is wrong with it.
local digests = require "digests"
local names = require "names"

local M = {}

local SKEW_S = 900
local FILES = { { "/s3-access-key", "/s3-secret-key" }, { "/s3-former-access-key", "/s3-former-secret-key" } }

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a":gsub("%s+$", "") or ""
  if file then file:close() end
  return text
end

-- The key, and the former one while it stays valid.
function M.load(folder)
  M.access, M.secrets = read(folder .. FILES[1][1]), {}
  for _, pair in ipairs(FILES) do
    local access, secret = read(folder .. pair[1]), read(folder .. pair[2])
    if access ~= "" and secret ~= "" then M.secrets[access] = secret end
  end
end

-- Pairs of a query, decoded.
function M.query(uri)
  local pairs_ = {}
  for part in (uri:match "%?(.*)$" or ""):gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=?(.*)$"
    pairs_[#pairs_ + 1] = { names.unescaped(name), names.unescaped(value) }
  end
  return pairs_
end

local function canonical_query(query)
  local parts = {}
  for _, pair in ipairs(query) do
    if pair[1] ~= "X-Amz-Signature" then
      parts[#parts + 1] = names.escaped(pair[1], true) .. "=" .. names.escaped(pair[2], true)
    end
  end
  table.sort(parts)
  return table.concat(parts, "&")
end

local function seconds(date)
  local year, month, day, hour, minute, second = date:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  if not year then return nil end
  local y, m = tonumber(year), tonumber(month)
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400) + math.floor((153 * m - 457) / 5)
    + tonumber(day) - 719469
  return ((days * 24 + tonumber(hour)) * 60 + tonumber(minute)) * 60 + tonumber(second)
end

local function sign(secret, date, scope, request)
  local day, region, service = scope:match "^(%d+)/([^/]+)/([^/]+)/aws4_request$"
  if not day then return nil end
  local key = digests.hmac("AWS4" .. secret, day)
  for _, part in ipairs { region, service, "aws4_request" } do key = digests.hmac(key, part) end
  local text = table.concat({ "AWS4-HMAC-SHA256", date, scope, digests.hex(digests.of("sha256", request)) }, "\n")
  return digests.hex(digests.hmac(key, text))
end

local function canonical(method, path, query, headers, signed, payload)
  local lines = { method, names.escaped(names.unescaped(path)), canonical_query(query) }
  for name in signed:gmatch "[^;]+" do
    local value = headers[name]
    if type(value) == "table" then value = table.concat(value, ",") end
    lines[#lines + 1] = name .. ":" .. (value or ""):gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s+", " ")
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = signed
  lines[#lines + 1] = payload
  return table.concat(lines, "\n")
end

-- Whether the current request is signed with one of the keys, and for `body`, if that is given.
function M.right(body)
  local headers = ngx.req.get_headers(0)
  local uri = ngx.var.request_uri
  local query = M.query(uri)
  local given, valid_s = {}, SKEW_S
  for _, pair in ipairs(query) do given[pair[1]] = pair[2] end
  local credential, signed, signature, date, payload
  if given["X-Amz-Signature"] then
    credential, signed, signature = given["X-Amz-Credential"], given["X-Amz-SignedHeaders"], given["X-Amz-Signature"]
    date, payload, valid_s = given["X-Amz-Date"], "UNSIGNED-PAYLOAD", tonumber(given["X-Amz-Expires"])
  elseif type(headers.authorization) == "string" then
    credential = headers.authorization:match "^AWS4%-HMAC%-SHA256%s.*Credential=([^,%s]+)"
    signed, signature = headers.authorization:match "SignedHeaders=([^,%s]+)", headers.authorization:match "Signature=(%x+)"
    date, payload = headers["x-amz-date"], headers["x-amz-content-sha256"]
  end
  if not (credential and signed and signature and type(date) == "string" and type(payload) == "string" and valid_s) then
    return false
  end
  local access, scope = credential:match "^([^/]+)/(.+)$"
  local at, key = seconds(date), M.secrets[access or ""]
  if not key or not at or not (";" .. signed .. ";"):find(";host;", 1, true) then return false end
  local age = ngx.time() - at
  if age > valid_s or age < -SKEW_S then return false end
  if body and payload ~= "UNSIGNED-PAYLOAD" and payload ~= digests.hex(digests.of("sha256", body)) then return false end
  local path = uri:match "^[^?]*"
  return sign(key, date, scope, canonical(ngx.req.get_method(), path, query, headers, signed, payload)) == signature
end

-- The current request with another body, signed anew.
function M.signed(body)
  local now = ngx.time()
  local date = os.date("!%Y%m%dT%H%M%SZ", now)
  local scope = os.date("!%Y%m%d", now) .. "/us-east-1/s3/aws4_request"
  local uri = ngx.var.request_uri
  local query = {}
  for _, pair in ipairs(M.query(uri)) do
    if not pair[1]:find "^X%-Amz%-" then query[#query + 1] = pair end
  end
  local payload = digests.hex(digests.of("sha256", body))
  local md5 = ngx.encode_base64(digests.of("md5", body))
  local headers = { ["content-md5"] = md5, host = "s3", ["x-amz-content-sha256"] = payload, ["x-amz-date"] = date }
  local signed = "content-md5;host;x-amz-content-sha256;x-amz-date"
  local path = uri:match "^[^?]*"
  local request = canonical("POST", path, query, headers, signed, payload)
  local sent = {
    "POST " .. path .. "?" .. canonical_query(query) .. " HTTP/1.1",
    ("Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"):format(M.access, scope, signed,
      sign(M.secrets[M.access], date, scope, request)),
    "Content-Length: " .. #body,
    "Connection: close",
  }
  for name, value in pairs(headers) do sent[#sent + 1] = name .. ": " .. value end
  return table.concat(sent, "\r\n") .. "\r\n\r\n" .. body
end

return M
