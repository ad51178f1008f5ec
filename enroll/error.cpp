#include "enroll/error.h"

namespace edgeseal::enroll {

std::string_view name_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::server_untrusted: return "server-untrusted";
    case ErrorClass::auth_refused: return "auth-refused";
    case ErrorClass::credentials: return "credentials";
    case ErrorClass::redirect: return "redirect";
    case ErrorClass::key_mismatch: return "key-mismatch";
    case ErrorClass::rollover: return "rollover";
    case ErrorClass::expired_needs_bootstrap: return "expired-needs-bootstrap";
    case ErrorClass::transport: return "transport";
    case ErrorClass::replay: return "replay";
    case ErrorClass::protection: return "protection";
    case ErrorClass::weak_protection: return "weak-protection";
    case ErrorClass::rejected: return "rejected";
    case ErrorClass::waiting: return "waiting";
    case ErrorClass::unsuitable_certificate: return "unsuitable-certificate";
    case ErrorClass::policy: return "policy";
    case ErrorClass::clock: return "clock";
    case ErrorClass::cancelled: return "cancelled";
  }
  return "transport";
}

}  // namespace edgeseal::enroll
