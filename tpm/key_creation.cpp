#include "tpm/key_creation.h"

#include <errno.h>
#include <sys/random.h>

#include <system_error>

#include "tpm/key_template.h"
#include "tpm/memory.h"
#include "tpm/public_area.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::tpm {
namespace {

constexpr std::size_t kAuthSize = 32;

// From the kernel, so that a weak generator in the chip does not weaken what protects its keys.
SecretBytes random_auth() {
  SecretBytes auth(kAuthSize);
  const auto target = auth.span();
  if (::getrandom(target.data(), target.size(), 0) != static_cast<ssize_t>(target.size())) {
    throw Error("make key authorisation", Fault::failed, std::generic_category().message(errno));
  }
  return auth;
}

}  // namespace

CreatedKey create_key(Context& context, Session& session, const StorageKey& parent, KeyAlgorithm algorithm) {
  SecretBytes auth = random_auth();
  Wiped<TPM2B_SENSITIVE_CREATE> sensitive;
  if (!assign(sensitive.value.sensitive.userAuth, auth.view())) throw Error("create key", Fault::failed, "long auth");
  const TPM2B_PUBLIC area = application_key_template(algorithm);
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  EsysPtr<TPM2B_PRIVATE> private_area;
  EsysPtr<TPM2B_PUBLIC> public_area;
  const auto use = session.use(Session::Encrypt::both);
  context.run("create key", [&](ESYS_CONTEXT* esys) {
    return Esys_Create(esys, parent.handle.get(), use.get(), ESYS_TR_NONE, ESYS_TR_NONE, &sensitive.value, &area,
                       &no_outside_info, &no_pcrs, out(private_area), out(public_area), nullptr, nullptr, nullptr);
  });
  const TssPrivateKey stored{false, parent.parent(), marshal(*public_area), marshal(*private_area)};
  return CreatedKey{public_key(public_area->publicArea), encode(stored), std::move(auth)};
}

}  // namespace edgeseal::tpm
