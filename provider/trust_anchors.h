#pragma once

#include <string_view>

#include "provider/certificate_bundle.h"
#include "provider/context.h"

namespace edgeseal::provider {

// The trust anchors of the certificate group that the name stands for, of one generation of the list. False, with an
// error raised, on any failure.
[[nodiscard]] bool fetch_trust_anchors(Context& context, std::string_view key_name,
                                       CertificateBundle& anchors) noexcept;

}  // namespace edgeseal::provider
