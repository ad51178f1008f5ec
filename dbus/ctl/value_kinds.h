#pragma once

namespace edgeseal::ctl {

// What options take, as type_name() has it for --help and for completion (see completion.h).
inline constexpr const char* kCertificateGroups = "{application,https,tls,user-token}";
inline constexpr const char* kCertificateTypes = "{rsa-sha256,ecc-nist-p256,ecc-nist-p384,https,tls-server,tls-client}";

}  // namespace edgeseal::ctl
