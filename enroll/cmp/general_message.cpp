#include "enroll/cmp/general_message.h"

#include <openssl/err.h>

#include "enroll/certificate_limits.h"
#include "enroll/cmp/answer_limits.h"
#include "enroll/cmp/failure.h"
#include "enroll/der_reader.h"

namespace edgeseal::enroll::cmp {
namespace {

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT, ASN1_OBJECT_free>>;
using ValuePtr = std::unique_ptr<ASN1_TYPE, OpensslFree<ASN1_TYPE, ASN1_TYPE_free>>;

constexpr const char* root_ca_cert = "1.3.6.1.5.5.7.4.20";  // id-it-rootCaCert, which libcrypto 3.0 has no name for

ObjectPtr object(const char* identifier) {
  ObjectPtr result(OBJ_txt2obj(identifier, 1));
  require_openssl(result != nullptr, "OBJ_txt2obj");
  return result;
}

ValuePtr sequence_value(const Certificate& certificate) {
  const Bytes der = der_of(certificate);
  std::unique_ptr<ASN1_STRING, OpensslFree<ASN1_STRING, ASN1_STRING_free>> text(ASN1_STRING_type_new(V_ASN1_SEQUENCE));
  ValuePtr value(ASN1_TYPE_new());
  require_openssl(text && value && ASN1_STRING_set(text.get(), der.data(), static_cast<int>(der.size())) == 1,
                  "ASN1_STRING_set");
  ASN1_TYPE_set(value.get(), V_ASN1_SEQUENCE, text.release());
  return value;
}

InformationPtr information(ASN1_OBJECT* type, ValuePtr value) {
  InformationPtr result(OSSL_CMP_ITAV_create(type, value.get()));
  require_openssl(result != nullptr, "OSSL_CMP_ITAV_create");
  (void)value.release();
  return result;
}

template <class Parse>
auto parsed(const Parse& parse) {
  try {
    return parse();
  } catch (const MalformedDer&) {
    throw Error(ErrorClass::transport, "the CMP server's answer about its CA certificates cannot be read");
  }
}

}  // namespace

// CaCertsValue ::= SEQUENCE SIZE (1..MAX) OF CMPCertificate
std::vector<Certificate> parse_ca_certificates(ByteView der) {
  std::vector<Certificate> result;
  DerReader whole(der);
  for (DerReader reader = whole.sequence(); !reader.at_end();) {
    if (result.size() == max_certificates)
      throw Error(ErrorClass::policy, "the CMP server sent too many CA certificates");
    result.push_back(parse_certificate(reader.next().whole));
    if (!result.back()) throw MalformedDer();
  }
  whole.finish();
  return result;
}

GeneralMessage::GeneralMessage(const Settings& settings, const SignerTrust* trust, Transfer& transfer)
    : trust_(trust), transfer_(transfer), context_(make_context(settings.credential, trust)) {
  require_openssl(OSSL_CMP_CTX_set_transfer_cb(context_.get(), exchange) == 1 &&
                      OSSL_CMP_CTX_set_transfer_cb_arg(context_.get(), this) == 1,
                  "OSSL_CMP_CTX_set_transfer_cb");
}

OSSL_CMP_MSG* GeneralMessage::exchange(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) noexcept {
  return static_cast<GeneralMessage*>(OSSL_CMP_CTX_get_transfer_cb_arg(context))->transfer_.exchange(*request);
}

InformationStackPtr GeneralMessage::ask(InformationPtr question) {
  ERR_clear_error();
  require_openssl(OSSL_CMP_CTX_push0_genm_ITAV(context_.get(), question.get()) == 1, "OSSL_CMP_CTX_push0_genm_ITAV");
  (void)question.release();
  InformationStackPtr answers(OSSL_CMP_exec_GENM_ses(context_.get()));
  if (answers) return answers;
  const Failure failure(*context_);
  transfer_.rethrow();
  throw failure.error(trust_);
}

std::optional<Bytes> GeneralMessage::ask(InformationPtr question, const ASN1_OBJECT& answer) {
  const InformationStackPtr answers = ask(std::move(question));
  for (int at = 0; at < sk_OSSL_CMP_ITAV_num(answers.get()); ++at) {
    const OSSL_CMP_ITAV* given = sk_OSSL_CMP_ITAV_value(answers.get(), at);
    // The value is an ASN1_TYPE for types that libcrypto has no structure for, as these; for no others.
    if (OBJ_cmp(OSSL_CMP_ITAV_get0_type(given), &answer) != 0) continue;
    const ASN1_TYPE* value = OSSL_CMP_ITAV_get0_value(given);
    if (value == nullptr || ASN1_TYPE_get(value) != V_ASN1_SEQUENCE) return std::nullopt;
    const auto* data = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(value->value.sequence));
    return Bytes(data, data + ASN1_STRING_length(value->value.sequence));
  }
  return std::nullopt;
}

std::vector<Certificate> GeneralMessage::ca_certificates() {
  ASN1_OBJECT* type = OBJ_nid2obj(NID_id_it_caCerts);
  const auto value = ask(information(type, nullptr), *type);
  return value ? parsed([&value] { return parse_ca_certificates(*value); }) : std::vector<Certificate>();
}

std::optional<RootUpdate> GeneralMessage::root_update(const Certificate& current_root) {
  ObjectPtr question = object(root_ca_cert);
  InformationPtr asked = information(question.get(), sequence_value(current_root));
  (void)question.release();
  const auto value = ask(std::move(asked), *OBJ_nid2obj(NID_id_it_rootCaKeyUpdate));
  return value ? std::optional(parsed([&value] { return parse_root_update(*value); })) : std::nullopt;
}

}  // namespace edgeseal::enroll::cmp
