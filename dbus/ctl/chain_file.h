#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {

// The certificates of a file, its own first, then those of --chain, where that is given (not empty): nearest issuer
// first. `private_keys` in the first file; in the second they are refused. Throws Failure (Usage).
[[nodiscard]] std::vector<Der> read_chain(const std::string& file, const std::string& chain,
                                          PrivateKeys private_keys = PrivateKeys::Refuse);

}  // namespace edgeseal::ctl
