-- Answers of the front's own, as S3 has them.
local M = {}

-- Text as XML holds it. What XML cannot hold, not even as a reference, stands as a question mark.
function M.xml(text)
  return (text:gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&#34;", ["'"] = "&#39;" })
    :gsub("[%z\1-\8\11\12\14-\31]", "?"))
end

-- The whole body of a request is read before it is refused: a client that is still sending would see a broken connection
-- instead of the error. Who waits for "100 Continue" is told to go on, by nginx, when the body is asked for.
local function drain()
  local socket = ngx.ctx.body
  if not socket and ngx.req.get_method() ~= "GET" and (tonumber(ngx.var.http_content_length) or 0) > 0 then
    socket = ngx.req.socket()
  end
  if ngx.var.http_transfer_encoding and not socket then return ngx.req.read_body() end
  while socket and socket:receiveany(65536) do end -- luacheck: ignore 542
end

-- Answers with an error, and ends the request.
function M.refuse(status, code, message, key)
  drain()
  ngx.status = status
  if code then ngx.header["Content-Type"] = "application/xml" end
  ngx.header["Access-Control-Allow-Origin"] = "*"
  if status == 204 or ngx.req.get_method() == "HEAD" then return ngx.exit(status) end
  local body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>' .. code .. "</Code><Message>" .. M.xml(message)
    .. "</Message>" .. (key and "<Key>" .. M.xml(key) .. "</Key>" or "") .. "<RequestId>" .. ngx.var.request_id
    .. "</RequestId></Error>"
  ngx.header["Content-Length"] = #body
  ngx.print(body)
  return ngx.exit(status)
end

return M
