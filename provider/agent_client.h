#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "provider/connection_pool.h"

namespace edgeseal::provider {

// The requests of the provider to the agent. Thread-safe; a call takes at most the time limit of the settings. A
// request that the agent lost by closing before its answer, as it does when it restarts, is sent again over a new
// connection; one that it was too busy for, after the time that it said.
class AgentClient {
 public:
  explicit AgentClient(const Settings& settings) noexcept : settings_(settings) {}

  // False, with an error raised, on any failure. `response` has views into `record`, which holds max_message_size
  // bytes.
  [[nodiscard]] bool describe(std::string_view key_name, MutableByteView record,
                              wire::DescribeResponse& response) noexcept;

  // The same for one part of the trust anchors of a certificate group, before the deadline of all of them.
  [[nodiscard]] bool trust_anchors(const wire::TrustAnchorsRequest& request, MutableByteView record,
                                   wire::TrustAnchorsResponse& response, const Deadline& deadline) noexcept;

  // The size of the signature written, zero with an error raised on any failure. `key_name` is for messages.
  [[nodiscard]] std::size_t sign(const wire::SignRequest& request, const char* key_name,
                                 MutableByteView signature) noexcept;

  // The size of the plaintext written, which may be zero; nothing, with an error raised, on any failure.
  [[nodiscard]] std::optional<std::size_t> decrypt(const wire::DecryptRequest& request, const char* key_name,
                                                   MutableByteView plaintext) noexcept;

 private:
  struct Answer {
    ByteView record;
    uid_t user = 0;   // whom the agent saw
    Loan connection;  // to be given back once the record is understood; null where the agent ended it
  };

  template <typename Request, typename Response>
  [[nodiscard]] bool ask_by_name(const Request& request, MutableByteView record, Response& response,
                                 const Deadline& deadline) noexcept;
  template <typename Request, typename Response>
  [[nodiscard]] bool ask(const Request& request, const char* key_name, MutableByteView room, MutableByteView record,
                         Response& response, const Deadline& deadline) noexcept;
  [[nodiscard]] bool transact(ByteView request, MutableByteView record, Answer& answer,
                              const Deadline& deadline) noexcept;
  [[nodiscard]] bool exchange(ByteView request, MutableByteView record, Answer& answer,
                              const Deadline& deadline) noexcept;
  [[nodiscard]] Loan connect(const Deadline& deadline, const Deadline& patience, int& fresh) noexcept;
  [[nodiscard]] bool accept(ByteView request, Answer& answer) const noexcept;
  void keep_connection(Answer& answer) noexcept;
  void raise_malformed() const noexcept;

  const Settings& settings_;
  ConnectionPool pool_;
  std::atomic<std::uint32_t> next_request_id_{1};
};

}  // namespace edgeseal::provider
