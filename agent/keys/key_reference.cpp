#include "agent/keys/key_reference.h"

#include <fmt/format.h>

#include "agent/error.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::agent {

tpm::Bytes key_reference(const std::string& key_name, tpm::ByteView public_key) {
  tpm::Bytes der(wire::max_key_reference_size);
  const std::size_t size = wire::encode(wire::KeyReference{key_name, public_key}, der);
  if (size == 0) throw Error(Code::internal_error, fmt::format("the key reference of {} does not fit", key_name));
  der.resize(size);
  return der;
}

}  // namespace edgeseal::agent
