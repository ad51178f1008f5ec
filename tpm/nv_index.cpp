#include "tpm/nv_index.h"

#include <algorithm>

#include "tpm/memory.h"
#include "tpm/number.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kDefine = "define an NV index";
constexpr const char* kDefineRemedy =
    "the owner hierarchy has an authorisation value, and the agent has none to give. Empty it while the agent is set "
    "up (tpm2_changeauth -c owner -p VALUE) and set it again afterwards (tpm2_changeauth -c owner VALUE)";

// The owner's authValue as ESAPI knows it: for one command, then empty again.
class OwnerAuth {
 public:
  OwnerAuth(const char* operation, Context& context, const SecretBytes& auth) : context_(context) {
    Wiped<TPM2B_AUTH> value;
    if (!assign(value.value, auth.view())) throw Error(operation, Fault::failed, "the owner's authValue is too long");
    context.run(operation, [&](ESYS_CONTEXT* esys) { return Esys_TR_SetAuth(esys, ESYS_TR_RH_OWNER, &value.value); });
  }
  OwnerAuth(const OwnerAuth&) = delete;
  OwnerAuth& operator=(const OwnerAuth&) = delete;
  ~OwnerAuth() { context_.clear_auth(ESYS_TR_RH_OWNER); }

 private:
  Context& context_;
};

TPMS_NV_PUBLIC read_area(Session& session, const Handle& index) {
  EsysPtr<TPM2B_NV_PUBLIC> area;
  EsysPtr<TPM2B_NAME> name;
  session.run_beside("read the public area of an NV index", [&](ESYS_CONTEXT* esys, ESYS_TR beside) {
    return Esys_NV_ReadPublic(esys, index.get(), beside, ESYS_TR_NONE, ESYS_TR_NONE, out(area), out(name));
  });
  return area->nvPublic;
}

}  // namespace

// What the first command tells needs no HMAC: the HMAC of every later one covers the Name that came of it.
std::optional<NvIndex> NvIndex::find(Session& session, TPM2_HANDLE handle) {
  ESYS_TR index = ESYS_TR_NONE;
  const bool found = session.context().run_if_handle_known("find an NV index", [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &index);
  });
  if (!found) return std::nullopt;
  Handle owned(session.context(), index, Handle::Release::forget);
  const TPMS_NV_PUBLIC area = read_area(session, owned);
  return NvIndex(std::move(owned), area);
}

NvIndex NvIndex::define(Session& session, const TPMS_NV_PUBLIC& area) {
  TPM2B_NV_PUBLIC wanted{};
  wanted.nvPublic = area;
  const TPM2B_AUTH no_auth{};
  ESYS_TR index = ESYS_TR_NONE;
  try {
    session.run(kDefine, Session::Encrypt::command, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, authorising, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &wanted,
                                 &index);
    });
  } catch (const Error& error) {
    if (wrong_auth(error.rc())) throw Error(kDefine, error.rc(), Fault::failed, kDefineRemedy);
    throw;
  }
  return NvIndex(Handle(session.context(), index, Handle::Release::forget), area);
}

ESYS_TR NvIndex::read_authority() const noexcept {
  const bool by_itself = (area_.attributes & TPMA_NV_AUTHREAD) != 0 || (area_.attributes & TPMA_NV_OWNERREAD) == 0;
  return by_itself ? handle_.get() : ESYS_TR_RH_OWNER;
}

Bytes NvIndex::read_part(Session& session, std::uint16_t offset, std::uint16_t size) const {
  constexpr const char* operation = "read an NV index";
  EsysPtr<TPM2B_MAX_NV_BUFFER> data;
  session.run(operation, Session::Encrypt::response, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_NV_Read(esys, read_authority(), handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, size, offset,
                        out(data));
  });
  if (data->size != size) throw Error(operation, Fault::failed, "the TPM gave another number of bytes");
  return copy(*data);
}

Bytes NvIndex::read(Session& session, std::uint16_t per_command) const {
  Bytes content;
  while (content.size() < area_.dataSize) {
    const auto offset = static_cast<std::uint16_t>(content.size());
    const auto rest = static_cast<std::uint16_t>(area_.dataSize - offset);
    const Bytes part = read_part(session, offset, std::min(rest, per_command));
    content.insert(content.end(), part.begin(), part.end());
  }
  return content;
}

std::uint64_t NvIndex::read_number(Session& session) const {
  return number_of(read_part(session, 0, kNumberSize));
}

void NvIndex::write(Session& session, ByteView content) const {
  constexpr const char* operation = "write an NV index";
  TPM2B_MAX_NV_BUFFER data{};
  if (!assign(data, content)) throw Error(operation, Fault::failed, "too long for one command");
  session.run(operation, Session::Encrypt::command, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_NV_Write(esys, handle_.get(), handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, &data, 0);
  });
}

void NvIndex::lock_writing(Session& session) const {
  session.run("lock an NV index", Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_NV_WriteLock(esys, handle_.get(), handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

void NvIndex::set_bits(Session& session, std::uint64_t bits) const {
  session.run("set bits of an NV index", Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_NV_SetBits(esys, handle_.get(), handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, bits);
  });
}

void NvIndex::increment(Session& session) const {
  session.run("increment an NV index", Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_NV_Increment(esys, handle_.get(), handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

void NvIndex::undefine(Session& session, const SecretBytes& owner_auth) && {
  constexpr const char* operation = "remove an NV index";
  const OwnerAuth owner(operation, session.context(), owner_auth);
  try {
    session.run(operation, Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_NV_UndefineSpace(esys, ESYS_TR_RH_OWNER, handle_.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE);
    });
  } catch (const Error& error) {
    if (!wrong_auth(error.rc())) throw;
    throw Error(operation, error.rc(), Fault::failed, "this is not the authorisation value of the owner hierarchy");
  }
  (void)handle_.release();  // ESAPI has forgotten it
}

}  // namespace edgeseal::tpm
