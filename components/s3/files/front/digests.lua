-- Digests by the OpenSSL that nginx has loaded.
local ffi = require "ffi"

ffi.cdef [[
void *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(void *context);
const void *EVP_get_digestbyname(const char *name);
int EVP_DigestInit_ex(void *context, const void *kind, void *engine);
int EVP_DigestUpdate(void *context, const void *data, size_t size);
int EVP_DigestFinal_ex(void *context, unsigned char *result, unsigned int *size);
unsigned char *HMAC(const void *kind, const void *key, int key_size, const char *data, size_t size, unsigned char *result,
  unsigned int *result_size);
]]

local C = ffi.C
local kinds = { md5 = C.EVP_get_digestbyname("MD5"), sha256 = C.EVP_get_digestbyname("SHA256") }
local result = ffi.new "unsigned char[64]"
local size = ffi.new "unsigned int[1]"

local M = {}

function M.hex(bytes)
  return (bytes:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

-- Starts a digest: `update(data, size)` as often as there is data, then `final()`, once, for its bytes.
function M.start(kind)
  local context = ffi.gc(C.EVP_MD_CTX_new(), C.EVP_MD_CTX_free)
  C.EVP_DigestInit_ex(context, kinds[kind], nil)
  return {
    update = function(data, length) C.EVP_DigestUpdate(context, data, length) end,
    final = function()
      C.EVP_DigestFinal_ex(context, result, size)
      return ffi.string(result, size[0])
    end,
  }
end

function M.of(kind, text)
  local digest = M.start(kind)
  digest.update(text, #text)
  return digest.final()
end

function M.hmac(key, text)
  C.HMAC(kinds.sha256, key, #key, text, #text, result, size)
  return ffi.string(result, size[0])
end

return M
