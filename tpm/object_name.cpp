#include "tpm/object_name.h"

#include "tpm/memory.h"

namespace edgeseal::tpm {
namespace {

constexpr std::size_t kAlgorithmSize = 2;

TPMI_ALG_HASH hash_algorithm(ByteView name) noexcept {
  return static_cast<TPMI_ALG_HASH>(std::to_integer<unsigned>(name[0]) << 8 | std::to_integer<unsigned>(name[1]));
}

}  // namespace

Bytes copy(const TPM2B_NAME& name) {
  const auto bytes = std::as_bytes(std::span(name.name, name.size));
  return Bytes(bytes.begin(), bytes.end());
}

Bytes owner_name() {
  static_assert(TPM2_RH_OWNER == 0x40000001);
  return {std::byte{0x40}, std::byte{0}, std::byte{0}, std::byte{1}};
}

Bytes qualified_name(Context& context, ByteView parent_qualified_name, ByteView name) {
  constexpr const char* operation = "compute a qualified name";
  Bytes both(parent_qualified_name.begin(), parent_qualified_name.end());
  both.insert(both.end(), name.begin(), name.end());
  TPM2B_MAX_BUFFER input{};
  if (name.size() < kAlgorithmSize || !assign(input, both)) throw Error(operation, Fault::failed, "not a name");
  EsysPtr<TPM2B_DIGEST> digest;
  EsysPtr<TPMT_TK_HASHCHECK> ticket;
  context.run(operation, [&](ESYS_CONTEXT* esys) {
    return Esys_Hash(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &input, hash_algorithm(name), ESYS_TR_RH_NULL,
                     out(digest), out(ticket));
  });
  Bytes qualified(name.begin(), name.begin() + kAlgorithmSize);
  const ByteView hash = view(*digest);
  qualified.insert(qualified.end(), hash.begin(), hash.end());
  return qualified;
}

}  // namespace edgeseal::tpm
