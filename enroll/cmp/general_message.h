#pragma once

#include <optional>
#include <vector>

#include "enroll/cmp/context.h"
#include "enroll/cmp/root_update.h"
#include "enroll/cmp/transfer.h"

namespace edgeseal::enroll::cmp {

// One question to the server and its answer, a genm and a genp.
class GeneralMessage {
 public:
  // All must outlive it; `trust` may be null.
  GeneralMessage(const Settings& settings, const SignerTrust* trust, Transfer& transfer);
  GeneralMessage(const GeneralMessage&) = delete;
  GeneralMessage& operator=(const GeneralMessage&) = delete;

  // Each is for one call of one of the two. What else the server tells is ignored.
  [[nodiscard]] std::vector<Certificate> ca_certificates();
  // Nothing: the server knows of no newer one.
  [[nodiscard]] std::optional<RootUpdate> root_update(const Certificate& current_root);

 private:
  static OSSL_CMP_MSG* exchange(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) noexcept;

  // DER of what the server answers under that name.
  [[nodiscard]] std::optional<Bytes> ask(InformationPtr question, const ASN1_OBJECT& answer);
  [[nodiscard]] InformationStackPtr ask(InformationPtr question);

  const SignerTrust* const trust_;
  Transfer& transfer_;
  const ContextPtr context_;
};

// Of the DER of a CaCertsValue. Throws MalformedDer, Error{policy} for too many.
[[nodiscard]] std::vector<Certificate> parse_ca_certificates(ByteView der);

}  // namespace edgeseal::enroll::cmp
