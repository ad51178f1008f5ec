#include "enroll/issued_certificate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>

#include "enroll/certificate_path.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::minutes clock_tolerance{10};  // a CA may be ahead by so much

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorClass::unsuitable_certificate, "the certificate that was issued " + problem);
}

std::shared_ptr<const X509_NAME> copy_of(const X509_NAME* name) {
  const std::shared_ptr<X509_NAME> copy(X509_NAME_dup(name), X509_NAME_free);
  require_openssl(copy != nullptr, "X509_NAME_dup");
  return copy;
}

std::vector<Bytes> sorted_names(const GENERAL_NAMES* names) {
  std::vector<Bytes> sorted;
  for (int at = 0; at < sk_GENERAL_NAME_num(names); ++at) {
    GENERAL_NAME* name = sk_GENERAL_NAME_value(names, at);
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_GENERAL_NAME(name, nullptr))));
    unsigned char* end = out_octets(der);
    i2d_GENERAL_NAME(name, &end);
    sorted.push_back(std::move(der));
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<Bytes> alternative_names(const Certificate& certificate) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  return sorted_names(names.get());
}

std::vector<Bytes> alternative_names(X509_REQ& request) {
  const ExtensionsPtr extensions(X509_REQ_get_extensions(&request));
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  return sorted_names(names.get());
}

bool is_for_key(const Certificate& certificate, const Key& key) {
  EVP_PKEY* certified = X509_get0_pubkey(certificate.get());
  return certified != nullptr && EVP_PKEY_eq(certified, key.get()) == 1;
}

// In seconds: nanoseconds don't reach to the year 9999.
std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) refuse("has a validity that can't be read");
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

const Certificate& certificate_for_key(const std::vector<Certificate>& received, const Key& key) {
  const auto found = std::find_if(received.begin(), received.end(),
                                  [&](const Certificate& certificate) { return is_for_key(certificate, key); });
  if (found != received.end()) return *found;
  throw Error(
      ErrorClass::key_mismatch,
      fmt::format("none of {} certificates that the server sent is for the key of the request", received.size()));
}

void require_names(const Certificate& certificate, const RequestedCertificate& request) {
  if (X509_NAME_cmp(X509_get_subject_name(certificate.get()), request.subject.get()) != 0)
    refuse(fmt::format("has another subject: {}", subject_of(certificate)));
  const std::vector<Bytes> names = alternative_names(certificate);
  if (!std::includes(names.begin(), names.end(), request.alternative_names.begin(), request.alternative_names.end()))
    refuse("lacks an alternative name that was asked for");
}

void require_usages(const Certificate& certificate, const std::vector<int>& wanted) {
  if (is_ca(certificate)) refuse("is one of a CA");
  const bool is_limited = (X509_get_extension_flags(certificate.get()) & EXFLAG_XKUSAGE) != 0;
  if (!is_limited || has_extended_key_usage(certificate, NID_anyExtendedKeyUsage)) return;
  for (const int usage : wanted)
    if (!has_extended_key_usage(certificate, usage))
      refuse(fmt::format("is not for the use \"{}\" (extendedKeyUsage)", OBJ_nid2ln(usage)));
}

// The time from which it is judged: a little later than now where the CA is a little ahead.
Clock judging_time(const Certificate& certificate, const Clock& clock) {
  const auto begin = time_of(X509_get0_notBefore(certificate.get()));
  if (time_of(X509_get0_notAfter(certificate.get())) <= begin) refuse("ends before it begins");
  TimeOfDay now = clock();
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time);
  if (begin > second + clock_tolerance) {
    const std::string problem = "the certificate that was issued is not valid yet by the clock of this device";
    if (now.synchronised) throw Error(ErrorClass::unsuitable_certificate, problem);
    throw Error(ErrorClass::clock, problem + ", which no time server has set", default_retry);
  }
  if (begin > second) now.time = begin;
  return [now] { return now; };
}

}  // namespace

RequestedCertificate requested_certificate(ByteView pkcs10) {
  const unsigned char* at = octets(pkcs10);
  const RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(pkcs10.size())));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  const bool good = key != nullptr && at == octets(pkcs10) + pkcs10.size() && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!good) throw Error(ErrorClass::policy, "the request is no PKCS#10 certification request with a good signature");
  return {Key::share(key), copy_of(X509_REQ_get_subject_name(request.get())), alternative_names(*request)};
}

bool same_names(const RequestedCertificate& request, const Certificate& current) {
  return X509_NAME_cmp(request.subject.get(), X509_get_subject_name(current.get())) == 0 &&
         request.alternative_names == alternative_names(current);
}

IssuedCertificate accept_issued(const std::vector<Certificate>& received, const RequestedCertificate& request,
                                const TrustSet& trust, const IssuedRules& rules, const Clock& clock) {
  const Certificate& certificate = certificate_for_key(received, request.public_key);
  if (rules.names == Names::as_requested) require_names(certificate, request);
  require_usages(certificate, rules.extended_key_usages);
  const PathAnswer path = find_path({certificate, trust.anchors, joined(trust.intermediates, received), {}},
                                    judging_time(certificate, clock));
  if (!path.good()) refuse(fmt::format("does not lead to a trust anchor that is in force: {}", path.reason()));
  std::vector<Certificate> chain(path.chain.begin() + 1, path.chain.end());
  if (!chain.empty() && is_self_issued(chain.back())) chain.pop_back();
  return {certificate, std::move(chain)};
}

}  // namespace edgeseal::enroll
