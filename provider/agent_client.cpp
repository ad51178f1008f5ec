#include "provider/agent_client.h"

#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "provider/refusal.h"
#include "provider/uncancellable.h"
#include "provider/wiped.h"
#include "provider/wire/cursor.h"

namespace edgeseal::provider {
namespace {

constexpr int fresh_connections_per_request = 2;

// An agent that was started without systemd refuses while it restarts; with systemd the socket outlives it.
constexpr std::chrono::milliseconds refusal_patience{1'000};
constexpr int attempts_at_a_busy_agent = 4;
constexpr std::chrono::milliseconds longest_pause{5'000};

// What a request takes besides its variable parts, and more.
constexpr std::size_t frame_size = 128;

// How long a busy agent wants to be left alone; nothing where it is not busy, or does not say.
std::optional<std::chrono::milliseconds> wanted_pause(ByteView answer) noexcept {
  wire::ResponseHeader header;
  wire::ErrorResponse refusal;
  if (!wire::decode(answer, header) || header.status != wire::Status::busy || !wire::decode(answer, refusal) ||
      refusal.retry_after_ms == 0) {
    return std::nullopt;
  }
  return std::min(std::chrono::milliseconds(refusal.retry_after_ms), longest_pause);
}

void wait(std::chrono::milliseconds pause) noexcept {
  const Deadline end(pause);
  while (!end.passed()) static_cast<void>(::poll(nullptr, 0, static_cast<int>(end.remaining().count())));
}

std::size_t copy(ByteView from, MutableByteView to) noexcept {
  std::copy(from.begin(), from.end(), to.begin());
  return from.size();
}

}  // namespace

bool AgentClient::describe(std::string_view key_name, MutableByteView record,
                           wire::DescribeResponse& response) noexcept {
  return ask_by_name(wire::DescribeRequest{.key_name = key_name}, record, response, Deadline(settings_.timeout));
}

bool AgentClient::trust_anchors(const wire::TrustAnchorsRequest& request, MutableByteView record,
                                wire::TrustAnchorsResponse& response, const Deadline& deadline) noexcept {
  return ask_by_name(request, record, response, deadline);
}

std::size_t AgentClient::sign(const wire::SignRequest& request, const char* key_name,
                              MutableByteView signature) noexcept {
  RecordBuffer room(frame_size + request.digest.size());
  RecordBuffer record;
  wire::SignResponse response;
  if (!ask(request, key_name, room.view(), record.view(), response, Deadline(settings_.timeout))) return 0;
  if (response.signature.size() <= signature.size()) return copy(response.signature, signature);
  raise_error(Reason::agent_answer_malformed, "a signature of %zu bytes where at most %zu are possible",
              response.signature.size(), signature.size());
  return 0;
}

std::optional<std::size_t> AgentClient::decrypt(const wire::DecryptRequest& request, const char* key_name,
                                                MutableByteView plaintext) noexcept {
  RecordBuffer room(frame_size + request.label.size() + request.ciphertext.size());
  RecordBuffer record;
  wire::DecryptResponse response;
  if (!ask(request, key_name, room.view(), record.view(), response, Deadline(settings_.timeout))) return std::nullopt;
  if (response.plaintext.size() <= plaintext.size()) return copy(response.plaintext, plaintext);
  raise_error(Reason::agent_answer_malformed, "a plaintext of %zu bytes where at most %zu are possible",
              response.plaintext.size(), plaintext.size());
  return std::nullopt;
}

template <typename Request, typename Response>
bool AgentClient::ask_by_name(const Request& request, MutableByteView record, Response& response,
                              const Deadline& deadline) noexcept {
  std::array<char, wire::max_key_name_size + 1> name{};
  if (!wire::is_key_name(request.key_name)) {
    raise_error(Reason::uri_invalid, "a key name has 1 to 255 visible ASCII characters");
    return false;
  }
  std::copy(request.key_name.begin(), request.key_name.end(), name.begin());
  RecordBuffer room;
  return ask(request, name.data(), room.view(), record, response, deadline);
}

// Encodes the request into `room`, and decodes the answer from `record`.
template <typename Request, typename Response>
bool AgentClient::ask(const Request& request, const char* key_name, MutableByteView room, MutableByteView record,
                      Response& response, const Deadline& deadline) noexcept {
  const Uncancellable uncancellable;
  const std::size_t size = wire::encode(next_request_id_++, request, room);
  if (size == 0) {
    raise_error(Reason::request_too_large, "key %s: no room for it", key_name);
    return false;
  }
  Answer answer;
  if (!transact(room.first(size), record, answer, deadline)) return false;
  wire::ResponseHeader header;
  wire::ErrorResponse refusal;
  const bool success = wire::decode(answer.record, header) && header.status == wire::Status::ok;
  if (success ? !wire::decode(answer.record, response) : !wire::decode(answer.record, refusal)) {
    raise_malformed();
    return false;
  }
  keep_connection(answer);
  if (!success) raise_refusal(header.status, refusal, key_name, answer.user);
  return success;
}

bool AgentClient::transact(ByteView request, MutableByteView record, Answer& answer,
                           const Deadline& deadline) noexcept {
  for (int attempt = 1;; ++attempt) {
    if (!exchange(request, record, answer, deadline)) return false;
    const auto pause = wanted_pause(answer.record);
    if (attempt == attempts_at_a_busy_agent || !pause.has_value() || *pause >= deadline.remaining()) return true;
    keep_connection(answer);
    wait(*pause);
  }
}

// Idle connections may be stale ones of before the agent's restart, so they are tried besides the fresh ones.
bool AgentClient::exchange(ByteView request, MutableByteView record, Answer& answer,
                           const Deadline& deadline) noexcept {
  const Deadline patience(refusal_patience);
  int fresh = 0;
  for (;;) {
    Loan connection = pool_.take(Standing::current);
    if (connection == nullptr) {
      if (fresh == fresh_connections_per_request) break;
      connection = connect(deadline, patience, fresh);
      if (connection == nullptr) return false;
    }
    std::size_t size = 0;
    const Exchange outcome = connection->exchange(request, record, size, deadline);
    if (outcome == Exchange::failed) return false;
    if (outcome == Exchange::answered) {
      answer.record = record.first(size);
      answer.user = connection->user();
      answer.connection = std::move(connection);
      return accept(request, answer);
    }
  }
  raise_error(Reason::agent_closed, "before it answered, %d times; see the journal of edgeseald",
              fresh_connections_per_request);
  return false;
}

// A program that went into a chroot or changed its account may not reach the socket any more. It goes on with what it
// opened before, as with any file that is open; and with that no longer, once the socket can be reached.
Loan AgentClient::connect(const Deadline& deadline, const Deadline& patience, int& fresh) noexcept {
  ERR_set_mark();
  if (Owned<Connection> opened = Connection::open(settings_, deadline, patience); opened != nullptr) {
    ERR_clear_last_mark();
    pool_.drop_former();
    ++fresh;
    return pool_.lend(std::move(opened));
  }
  Loan kept = pool_.wait_for_any(deadline);
  if (kept != nullptr) {
    ERR_pop_to_mark();
  } else {
    ERR_clear_last_mark();
  }
  return kept;
}

// Whether it is an answer to the request. A refusal with the id zero is one of the connection, which the agent closes.
bool AgentClient::accept(ByteView request, Answer& answer) const noexcept {
  wire::RequestHeader asked;
  wire::ResponseHeader answered;
  const bool well_formed = wire::decode(request, asked) && wire::decode(answer.record, answered);
  if (answer.record.size() >= wire::header_size && answered.version != wire::protocol_version) {
    raise_error(Reason::agent_refused, "it speaks version %u of the protocol, this provider version %u",
                unsigned{answered.version}, unsigned{wire::protocol_version});
    return false;
  }
  if (well_formed && answered.request_id == asked.request_id) return true;
  answer.connection.reset();
  if (well_formed && answered.request_id == 0 && answered.status != wire::Status::ok) return true;
  raise_malformed();
  return false;
}

void AgentClient::keep_connection(Answer& answer) noexcept {
  if (answer.connection != nullptr) pool_.give_back(std::move(answer.connection));
}

void AgentClient::raise_malformed() const noexcept {
  raise_error(Reason::agent_answer_malformed, "%s does not speak the key socket's protocol",
              settings_.socket_path.data());
}

}  // namespace edgeseal::provider
