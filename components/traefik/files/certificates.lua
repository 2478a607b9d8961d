-- Makes what Traefik's file provider reads of the file in which another Traefik keeps its certificates.
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local STORAGE = os.getenv("STORAGE")

local function base64(text)
  local bits, count = 0, 0
  local bytes = {}
  for letter in text:gmatch("[%w+/]") do
    bits = (bits << 6 | ALPHABET:find(letter, 1, true) - 1) & 0xffffff
    count = count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 0xff)
    end
  end
  return table.concat(bytes)
end

local function line(name, pem)
  return string.format('%s: "%s"', name, base64(pem):gsub("\n", "\\n"))
end

local function configuration(stored)
  local lines = {}
  for certificate, key in stored:gmatch('"certificate":%s*"([^"]+)",%s*"key":%s*"([^"]+)"') do
    lines[#lines + 1] = "    - " .. line("certFile", certificate)
    lines[#lines + 1] = "      " .. line("keyFile", key)
  end
  if #lines == 0 then
    return nil
  end
  -- The last line tells that nothing is missing.
  return "tls:\n  certificates:\n" .. table.concat(lines, "\n") .. "\n# complete\n"
end

core.register_service("certificates", "http", function(applet)
  local file = io.open(STORAGE)
  local text = file and configuration(file:read("a"))
  if file then
    file:close()
  end
  applet:set_status(text and 200 or 404)
  applet:add_header("content-length", text and #text or 0)
  applet:start_response()
  if text then
    applet:send(text)
  end
end)
