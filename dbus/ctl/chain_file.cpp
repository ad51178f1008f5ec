#include "dbus/ctl/chain_file.h"

#include <algorithm>
#include <iterator>

#include "dbus/ctl/files.h"

namespace edgeseal::ctl {

std::vector<Der> read_chain(const std::string& file, const std::string& chain, PrivateKeys private_keys) {
  auto certificates = certificates_of(read_file(file), file, private_keys);
  if (!chain.empty()) std::ranges::move(certificates_of(read_file(chain), chain), std::back_inserter(certificates));
  return certificates;
}

}  // namespace edgeseal::ctl
