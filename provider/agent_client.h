#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "provider/connection_pool.h"

namespace edgeseal::provider {

// The requests of the provider to the agent. Thread-safe; a call takes at most the time limit of the settings. A
// request that the agent lost by closing before its answer, as it does when it restarts, is sent again over a new
// connection.
class AgentClient {
 public:
  explicit AgentClient(const Settings& settings) noexcept : settings_(settings) {}

  // False, with an error raised, on any failure. `response` has views into `record`, which holds max_message_size
  // bytes.
  [[nodiscard]] bool describe(std::string_view key_name, MutableByteView record,
                              wire::DescribeResponse& response) noexcept;

  // The size of the signature written, zero with an error raised on any failure. `key_name` is for messages.
  [[nodiscard]] std::size_t sign(const wire::SignRequest& request, const char* key_name,
                                 MutableByteView signature) noexcept;

 private:
  [[nodiscard]] bool transact(ByteView request, MutableByteView record, ByteView& answer) noexcept;
  [[nodiscard]] bool is_answer_to(ByteView request, ByteView answer) const noexcept;
  [[nodiscard]] bool is_success(ByteView answer, const char* key_name) const noexcept;
  void raise_refusal(wire::Status status, const char* key_name, const char* text) const noexcept;
  void raise_malformed() const noexcept;

  const Settings& settings_;
  ConnectionPool pool_;
  std::atomic<std::uint32_t> next_request_id_{1};
};

}  // namespace edgeseal::provider
