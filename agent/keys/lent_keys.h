#pragma once

#include <sys/types.h>

#include <set>
#include <utility>

#include "tpm/key_device.h"

namespace edgeseal::agent {

// Keys that an account may use for as long as it has a job to do with them, whatever their access rules say, and while
// they are pending. As often taken back as lent. Loop's thread.
class LentKeys {
 public:
  void lend(const tpm::KeyId& id, uid_t account) { lent_.emplace(id, account); }
  void take_back(const tpm::KeyId& id, uid_t account) {
    if (const auto found = lent_.find({id, account}); found != lent_.end()) lent_.erase(found);
  }
  [[nodiscard]] bool has(const tpm::KeyId& id, uid_t account) const { return lent_.contains({id, account}); }

 private:
  std::multiset<std::pair<tpm::KeyId, uid_t>> lent_;
};

}  // namespace edgeseal::agent
