#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/answer.h"
#include "agent/keys/secret_memory.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

// HMAC-SHA256 under a key that only this TPM opens: what is stored on the disk and sealed with it can't be changed
// without the agent noticing (OPC 30300 §4.2.3). The key is made when the first seal is needed, and lies in secret
// memory while the agent runs. Loop's thread.
class IntegritySeal {
 public:
  // `opened` runs once seals can be made and checked.
  IntegritySeal(State& state, TpmWorker& tpm, std::function<void()> opened)
      : state_(state), tpm_(tpm), opened_(std::move(opened)) {}

  // Answers when seals can be made; makes the key where there is none. What fails is answered.
  void prepare(Answer<std::monostate> answer);
  [[nodiscard]] bool is_open() const { return key_ != nullptr; }

  // Both throw Error{tpm_unavailable} while it is not open. `kind` and `name` are sealed along, so that no sealed thing
  // can be put in the place of another.
  [[nodiscard]] Bytes seal(std::string_view kind, std::string_view name, ByteView content) const;
  [[nodiscard]] bool holds(std::string_view kind, std::string_view name, ByteView content, ByteView seal) const;

 private:
  using KeyPtr = std::shared_ptr<secret_memory::Buffer>;

  void make();
  void unseal(const tpm::SealedSecret& sealed);
  void conclude(std::variant<KeyPtr, Error> outcome);

  State& state_;
  TpmWorker& tpm_;
  const std::function<void()> opened_;
  KeyPtr key_;                                   // null: not opened yet
  std::vector<Answer<std::monostate>> waiting_;  // not empty: the TPM is at it
};

// The proof of State's setup flag; `seal` outlives the state's use.
void seal_setup_flag(State& state, const IntegritySeal& seal);

}  // namespace edgeseal::agent
