#include "agent/error.h"

#include <array>

namespace edgeseal::agent {

namespace {

struct Row {
  Code code;
  std::string_view bus_name;
  wire::Status status;
};

constexpr std::array rows = {
    Row{Code::invalid_argument, "InvalidArgument", wire::Status::bad_request},
    Row{Code::not_found, "NotFound", wire::Status::unknown_key},
    Row{Code::entry_exists, "EntryExists", wire::Status::internal},
    Row{Code::invalid_state, "InvalidState", wire::Status::internal},
    Row{Code::not_supported, "NotSupported", wire::Status::unsupported},
    Row{Code::user_access_denied, "UserAccessDenied", wire::Status::not_permitted},
    Row{Code::certificate_invalid, "CertificateInvalid", wire::Status::internal},
    Row{Code::certificate_chain_incomplete, "CertificateChainIncomplete", wire::Status::internal},
    Row{Code::certificate_policy_check_failed, "CertificatePolicyCheckFailed", wire::Status::internal},
    Row{Code::certificate_untrusted, "CertificateUntrusted", wire::Status::internal},
    Row{Code::certificate_time_invalid, "CertificateTimeInvalid", wire::Status::internal},
    Row{Code::certificate_issuer_time_invalid, "CertificateIssuerTimeInvalid", wire::Status::internal},
    Row{Code::certificate_host_name_invalid, "CertificateHostNameInvalid", wire::Status::internal},
    Row{Code::certificate_uri_invalid, "CertificateUriInvalid", wire::Status::internal},
    Row{Code::certificate_use_not_allowed, "CertificateUseNotAllowed", wire::Status::internal},
    Row{Code::certificate_issuer_use_not_allowed, "CertificateIssuerUseNotAllowed", wire::Status::internal},
    Row{Code::certificate_revocation_unknown, "CertificateRevocationUnknown", wire::Status::internal},
    Row{Code::certificate_issuer_revocation_unknown, "CertificateIssuerRevocationUnknown", wire::Status::internal},
    Row{Code::certificate_revoked, "CertificateRevoked", wire::Status::internal},
    Row{Code::certificate_issuer_revoked, "CertificateIssuerRevoked", wire::Status::internal},
    Row{Code::security_checks_failed, "SecurityChecksFailed", wire::Status::internal},
    Row{Code::transaction_pending, "TransactionPending", wire::Status::busy},
    Row{Code::nothing_to_do, "NothingToDo", wire::Status::internal},
    Row{Code::request_too_large, "RequestTooLarge", wire::Status::internal},
    Row{Code::too_many_operations, "TooManyOperations", wire::Status::busy},
    Row{Code::out_of_service, "OutOfService", wire::Status::internal},
    Row{Code::key_retired, "NotFound", wire::Status::key_retired},
    Row{Code::decryption_failed, "SecurityChecksFailed", wire::Status::decryption_failed},
    Row{Code::key_unavailable, "ResourceUnavailable", wire::Status::tpm_unavailable},
    Row{Code::busy, "ServerTooBusy", wire::Status::busy},
    Row{Code::tpm_unavailable, "ResourceUnavailable", wire::Status::tpm_unavailable},
    Row{Code::state_unavailable, "ResourceUnavailable", wire::Status::internal},
    Row{Code::internal_error, "InternalError", wire::Status::internal},
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].code != static_cast<Code>(i)) return false;
  return rows.size() == static_cast<std::size_t>(Code::internal_error) + 1;
}
static_assert(rows_in_order());

Code code_of(const tpm::Error& cause) {
  switch (cause.fault()) {
    case tpm::Fault::busy: return Code::busy;
    case tpm::Fault::unsupported: return Code::not_supported;
    case tpm::Fault::pcr_mismatch: return Code::key_unavailable;
    default: return Code::tpm_unavailable;
  }
}

}  // namespace

std::string_view bus_name(Code code) {
  return rows[static_cast<std::size_t>(code)].bus_name;
}

wire::Status wire_status(Code code) {
  return rows[static_cast<std::size_t>(code)].status;
}

Error::Error(const tpm::Error& cause) : std::runtime_error(cause.what()), code_(code_of(cause)) {}

}  // namespace edgeseal::agent
