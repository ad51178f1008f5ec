#pragma once

#include <condition_variable>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "provider/wire/message.h"
#include "tests/fakes/test_keys.h"

namespace edgeseal::fakes {

// The key socket of an agent with software keys, in a thread of the test. It can misbehave on demand.
class KeyServer {
 public:
  enum class Behaviour {
    serve,
    close,                // without an answer
    hold,                 // no answer until the server stops
    answer_garbage,       // not a record of the protocol
    answer_nothing,       // an empty record
    answer_header_only,   // success without a body
    answer_short,         // the record without its last byte
    answer_long,          // and one byte more
    answer_wrong_length,  // a length within the record that reaches beyond its end
    answer_in_two_parts,  // two records
    answer_twice,         // the same again
    answer_late,          // before the answer to the next request
    answer_other_id,      // the record of another request
    answer_other_operation,
    answer_other_version,
    answer_unknown_status,
    answer_oversized,  // the largest record, with bytes after the end
    answer_huge,       // a record beyond any of the protocol
    turn_away          // new connections, as an agent does that has too many
  };

  struct Refusal {
    wire::Status status;
    std::string text;
    std::uint32_t retry_after_ms = 0;
  };
  static constexpr unsigned always = std::numeric_limits<unsigned>::max();

  explicit KeyServer(std::filesystem::path path);
  ~KeyServer();
  KeyServer(const KeyServer&) = delete;
  KeyServer& operator=(const KeyServer&) = delete;

  void add_key(const std::string& name, PkeyPtr key, const std::vector<CertificatePtr>& chain = {});

  // The trust anchors of every name, so many in an answer.
  void trust(const std::vector<CertificatePtr>& anchors, std::size_t page_size = wire::max_chain_length);
  void change_trust(unsigned times = 1);  // while it is read: the next answers are of a generation each

  void start();
  void stop();  // closes all connections and removes the socket

  // For the next `times` requests that come, or connections for turn_away.
  void behave(Behaviour behaviour, unsigned times = 1);
  void refuse(std::optional<Refusal> refusal, unsigned times = always);
  void answer_digests();  // from now on instead of signatures, which costs less and tells requests apart
  void answer_plaintext(std::optional<Bytes> plaintext);  // whatever the ciphertext is, until taken back

  // The key refuses what the agent allows for old peers only: SHA-1, decryption with PKCS#1 v1.5, raw RSA.
  void forbid_legacy(const std::string& name);

  [[nodiscard]] unsigned connections() const;
  [[nodiscard]] unsigned requests(wire::Operation operation) const;
  // False where they did not come within half a minute.
  [[nodiscard]] bool wait_for_requests(wire::Operation operation, unsigned count) const;

 private:
  struct Key {
    PkeyPtr pkey;
    Bytes public_key;
    wire::KeyId id{};
    std::vector<Bytes> chain;
    bool legacy = true;
  };

  void run();
  void accept_connection();
  void close_connection(int connection);
  [[nodiscard]] bool serve(int connection);
  void send_late_answer();
  [[nodiscard]] Behaviour note(const wire::RequestHeader& header);
  [[nodiscard]] std::optional<Refusal> next_refusal();
  [[nodiscard]] Bytes answer_or_refusal(const Bytes& request, const wire::RequestHeader& header);
  [[nodiscard]] Bytes answer(const Bytes& request, const wire::RequestHeader& header);
  [[nodiscard]] bool is_forbidden(const Bytes& request, const wire::RequestHeader& header) const;
  [[nodiscard]] Bytes describe(const Bytes& request, std::uint32_t id) const;
  [[nodiscard]] Bytes trust_anchors(const Bytes& request, std::uint32_t id);
  [[nodiscard]] const Key* find(const wire::KeyId& id) const;
  [[nodiscard]] Bytes sign(const Bytes& request, std::uint32_t id) const;
  [[nodiscard]] Bytes decrypt(const Bytes& request, std::uint32_t id) const;

  std::filesystem::path path_;
  std::map<std::string, Key> keys_;
  int listener_ = -1;
  int wake_ = -1;
  // Of the server's thread:
  std::vector<int> connections_;
  std::optional<std::pair<int, Bytes>> late_answer_;
  std::thread thread_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  Behaviour behaviour_ = Behaviour::serve;
  unsigned behaviour_times_ = 0;
  std::optional<Refusal> refusal_;
  unsigned refusal_times_ = 0;
  bool answers_digests_ = false;
  std::optional<Bytes> plaintext_;
  std::vector<Bytes> anchors_;
  std::size_t anchors_in_answer_ = wire::max_chain_length;
  std::uint32_t trust_generation_ = 1;
  unsigned trust_changes_ = 0;
  unsigned connection_count_ = 0;
  std::map<wire::Operation, unsigned> request_counts_;
};

}  // namespace edgeseal::fakes
