#include "enroll/server_trust.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "enroll/certificate_limits.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::seconds doubtful_clock_retry{60};
// Of this release; no clock is right that is earlier.
constexpr system_clock::time_point release = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 1);
constexpr const char* synchronised_mark = "/run/systemd/timesync/synchronized";  // systemd-timesyncd.service(8)

// Every time service tells the kernel (adjtimex(2)), which a sandbox may not be allowed to ask.
bool clock_is_synchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  return (answer >= 0 && answer != TIME_ERROR) || ::access(synchronised_mark, F_OK) == 0;
}

// A list that is missing, or whose successor is due, takes nothing back of what the others say.
int tolerate_old_lists(int verified, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (verified == 1 || (error != X509_V_ERR_UNABLE_TO_GET_CRL && error != X509_V_ERR_CRL_HAS_EXPIRED)) return verified;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool names_a_host(X509* certificate) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int at = 0; at < sk_GENERAL_NAME_num(names.get()); ++at) {
    const int type = sk_GENERAL_NAME_value(names.get(), at)->type;
    if (type == GEN_DNS || type == GEN_IPADD) return true;
  }
  return false;
}

}  // namespace

Clock device_clock(system_clock::time_point floor) {
  return [floor] {
    const bool synchronised = clock_is_synchronised();
    const system_clock::time_point now = std::max(system_clock::now(), release);
    return TimeOfDay{synchronised ? now : std::max(now, floor), synchronised};
  };
}

CertificateStore make_store(const ServerTrust& trust) {
  if (trust.anchors.empty() && trust.system_anchors == SystemAnchors::no && trust.verification == Verification::full)
    throw Error(ErrorClass::policy, "no trust anchor: give one, its fingerprint, or allow those of the system");
  CertificateStore store(X509_STORE_new());
  require_openssl(static_cast<bool>(store), "X509_STORE_new");
  for (const Certificate& anchor : trust.anchors)
    require_openssl(X509_STORE_add_cert(store.get(), anchor.get()) == 1, "X509_STORE_add_cert");
  for (const RevocationList& list : trust.revocation_lists)
    require_openssl(X509_STORE_add_crl(store.get(), list.get()) == 1, "X509_STORE_add_crl");
  if (trust.system_anchors == SystemAnchors::yes)
    require_openssl(X509_STORE_set_default_paths(store.get()) == 1, "X509_STORE_set_default_paths");
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;  // an anchor need not be a root
  if (!trust.revocation_lists.empty()) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_STORE_set_flags(store.get(), flags);
  X509_STORE_set_verify_cb(store.get(), tolerate_old_lists);
  return store;
}

void expect_host(X509_VERIFY_PARAM& param, const std::string& host) {
  // The common name is no host name: RFC 6125 §6.4.4 as RFC 9525 §2 has it.
  X509_VERIFY_PARAM_set_hostflags(&param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(&param, host.c_str()) == 1
                                    : X509_VERIFY_PARAM_set1_host(&param, host.data(), host.size()) == 1;
  require_openssl(set, "X509_VERIFY_PARAM_set1_host");
}

void ServerVerifier::expect(const std::string& host) {
  host_ = host;
  refusal_.reset();
}

void ServerVerifier::prepare(X509_STORE_CTX& context) const {
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(&context);
  X509_VERIFY_PARAM_set_time(param, system_clock::to_time_t(clock_().time));
  X509_VERIFY_PARAM_set_depth(param, max_chain_depth);
  expect_host(*param, host_);
}

void ServerVerifier::remember(X509_STORE_CTX& context) {
  chain_.assign(1, Certificate::share(X509_STORE_CTX_get0_cert(&context)));
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(&context);
  for (int at = 0; at < std::min(sk_X509_num(sent), max_chain_depth); ++at)
    if (X509_cmp(sk_X509_value(sent, at), chain_.front().get()) != 0)
      chain_.push_back(Certificate::share(sk_X509_value(sent, at)));
}

bool ServerVerifier::has_role() const {
  return role_ == ServerRole::any || has_extended_key_usage(chain_.front(), NID_cmcRA);
}

Error ServerVerifier::describe(X509_STORE_CTX& context) const {
  const int error = X509_STORE_CTX_get_error(&context);
  X509* certificate = X509_STORE_CTX_get_current_cert(&context);
  if (certificate == nullptr) certificate = X509_STORE_CTX_get0_cert(&context);
  std::string message = fmt::format("{} is not trusted: certificate {}: {}", printable(host_),
                                    subject_of(Certificate::share(certificate)), X509_verify_cert_error_string(error));
  if (error == X509_V_ERR_HOSTNAME_MISMATCH && !names_a_host(certificate))
    message += " (its subjectAltName names none)";
  const TimeOfDay now = clock_();
  if (error != X509_V_ERR_CERT_NOT_YET_VALID || now.synchronised) return {ErrorClass::server_untrusted, message};
  message += fmt::format("; no time server has set the clock of this device, which says {:%Y-%m-%d}",
                         fmt::gmtime(system_clock::to_time_t(now.time)));
  return {ErrorClass::clock, message, doubtful_clock_retry};
}

int ServerVerifier::verify(X509_STORE_CTX& context) noexcept try {
  prepare(context);
  remember(context);
  if (verification_ == Verification::provisional) {
    X509_STORE_CTX_set_error(&context, X509_V_OK);
    return 1;
  }
  if (X509_verify_cert(&context) != 1) {
    refusal_ = describe(context);
    return 0;
  }
  if (has_role()) return 1;
  refusal_ =
      Error(ErrorClass::server_untrusted,
            fmt::format("{} was found by asking the network, and its certificate {} is not that of a registration "
                        "authority (id-kp-cmcRA): it gets no secret; remedy: give url in the profile",
                        printable(host_), subject_of(chain_.front())));
  X509_STORE_CTX_set_error(&context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
} catch (const std::exception& error) {
  refusal_ = Error(ErrorClass::server_untrusted, error.what());
  X509_STORE_CTX_set_error(&context, X509_V_ERR_UNSPECIFIED);
  return 0;
}

}  // namespace edgeseal::enroll
