#include "provider/delivery.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>

namespace edgeseal::provider {
namespace {

// libcrypto's parameters are not const, though it only reads these.
OSSL_PARAM text_parameter(const char* name, const char* value) noexcept {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
}

OSSL_PARAM data_parameter(ByteView der) noexcept {
  return OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, const_cast<std::byte*>(der.data()), der.size());
}

}  // namespace

bool deliver(Key::Reference key, OSSL_CALLBACK* receive, void* argument) noexcept {
  if (key == nullptr) return false;
  int type = OSSL_OBJECT_PKEY;
  const char* name = algorithm_name(key->kind);
  Key* held = key.release();
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type), text_parameter(OSSL_OBJECT_PARAM_DATA_TYPE, name),
      OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, static_cast<void*>(&held), sizeof(held)),
      OSSL_PARAM_construct_end()};
  const bool taken = receive(parameters, argument) == 1;
  if (held != nullptr) key.reset(held);
  return taken;
}

bool deliver_certificate(ByteView der, OSSL_CALLBACK* receive, void* argument) noexcept {
  int type = OSSL_OBJECT_CERT;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type), data_parameter(der),
                                   OSSL_PARAM_construct_end()};
  return receive(parameters, argument) == 1;
}

bool deliver_key_reference(ByteView der, OSSL_CALLBACK* receive, void* argument) noexcept {
  int type = OSSL_OBJECT_PKEY;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                                   text_parameter(OSSL_OBJECT_PARAM_DATA_STRUCTURE, key_reference_structure),
                                   data_parameter(der), OSSL_PARAM_construct_end()};
  return receive(parameters, argument) == 1;
}

}  // namespace edgeseal::provider
