#include "provider/agent_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace edgeseal::provider {
namespace {

constexpr int fresh_connections_per_request = 2;

// Room for a sign request, for its answer up to RSA 8192, and for every refusal.
using ShortRecord = std::array<std::byte, 2048>;

using ErrorText = std::array<char, wire::max_error_text_size + 1>;

// The text goes to terminals and logs of other programs.
ErrorText printable(std::string_view text) noexcept {
  ErrorText result{};
  std::transform(text.begin(), text.end(), result.begin(), [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
  return result;
}

}  // namespace

bool AgentClient::describe(std::string_view key_name, MutableByteView record,
                           wire::DescribeResponse& response) noexcept {
  std::array<char, wire::max_key_name_size + 1> name{};
  ShortRecord buffer;
  const std::size_t size = wire::encode(next_request_id_++, wire::DescribeRequest{.key_name = key_name}, buffer);
  if (key_name.empty() || size == 0) {
    raise_error(Reason::uri_invalid, "a key name has 1 to 255 visible ASCII characters");
    return false;
  }
  std::copy(key_name.begin(), key_name.end(), name.begin());
  ByteView answer;
  if (!transact(ByteView(buffer).first(size), record, answer) || !is_success(answer, name.data())) return false;
  if (wire::decode(answer, response)) return true;
  raise_malformed();
  return false;
}

std::size_t AgentClient::sign(const wire::SignRequest& request, const char* key_name,
                              MutableByteView signature) noexcept {
  ShortRecord buffer;
  ShortRecord record;
  const std::size_t size = wire::encode(next_request_id_++, request, buffer);
  ByteView answer;
  if (!transact(ByteView(buffer).first(size), record, answer) || !is_success(answer, key_name)) return 0;
  wire::SignResponse response;
  if (!wire::decode(answer, response)) {
    raise_malformed();
    return 0;
  }
  if (response.signature.size() > signature.size()) {
    raise_error(Reason::agent_answer_malformed, "a signature of %zu bytes where at most %zu are possible",
                response.signature.size(), signature.size());
    return 0;
  }
  std::copy(response.signature.begin(), response.signature.end(), signature.begin());
  return response.signature.size();
}

// An idle connection may be a stale one of before the agent's restart, so it is tried besides the fresh ones.
bool AgentClient::transact(ByteView request, MutableByteView record, ByteView& answer) noexcept {
  const Deadline deadline(settings_.timeout);
  Owned<Connection> connection = pool_.take();
  int fresh = 0;
  for (;;) {
    if (connection == nullptr) {
      if (fresh++ == fresh_connections_per_request) break;
      connection = Connection::open(settings_, deadline);
      if (connection == nullptr) return false;
    }
    std::size_t size = 0;
    const Exchange outcome = connection->exchange(request, record, size, deadline);
    if (outcome == Exchange::failed) return false;
    if (outcome == Exchange::answered) {
      answer = record.first(size);
      if (!is_answer_to(request, answer)) return false;
      pool_.give_back(std::move(connection));
      return true;
    }
    connection.reset();
  }
  raise_error(Reason::agent_closed, "before it answered, %d times; see the journal of edgeseald",
              fresh_connections_per_request);
  return false;
}

bool AgentClient::is_answer_to(ByteView request, ByteView answer) const noexcept {
  wire::RequestHeader asked;
  wire::ResponseHeader answered;
  const bool well_formed = wire::decode(request, asked) && wire::decode(answer, answered);
  if (answer.size() >= wire::header_size && answered.version != wire::protocol_version) {
    raise_error(Reason::agent_refused, "it speaks version %u of the protocol, this provider version %u",
                unsigned{answered.version}, unsigned{wire::protocol_version});
    return false;
  }
  if (well_formed && answered.request_id == asked.request_id) return true;
  raise_malformed();
  return false;
}

bool AgentClient::is_success(ByteView answer, const char* key_name) const noexcept {
  wire::ResponseHeader header;
  if (!wire::decode(answer, header)) {
    raise_malformed();
    return false;
  }
  if (header.status == wire::Status::ok) return true;
  wire::ErrorResponse error;
  if (wire::decode(answer, error)) {
    raise_refusal(header.status, key_name, printable(error.text).data());
  } else {
    raise_malformed();
  }
  return false;
}

void AgentClient::raise_refusal(wire::Status status, const char* key_name, const char* text) const noexcept {
  switch (status) {
    case wire::Status::ok: return;
    case wire::Status::bad_request: return raise_error(Reason::agent_refused, "key %s: %s", key_name, text);
    case wire::Status::unknown_key:
      return raise_error(Reason::unknown_key, "key %s: %s; see edgesealctl application list", key_name, text);
    case wire::Status::not_permitted:
      return raise_error(Reason::not_permitted, "uid %u may not use key %s: %s; add an access rule to its application",
                         unsigned{::geteuid()}, key_name, text);
    case wire::Status::key_retired:
      return raise_error(Reason::key_retired, "key %s: %s; reload the key and its certificate", key_name, text);
    case wire::Status::unsupported: return raise_error(Reason::operation_unsupported, "key %s: %s", key_name, text);
    case wire::Status::busy: return raise_error(Reason::agent_busy, "key %s: %s; try again", key_name, text);
    case wire::Status::tpm_unavailable: return raise_error(Reason::tpm_unavailable, "key %s: %s", key_name, text);
    case wire::Status::internal:
      return raise_error(Reason::agent_failed, "key %s: %s; see the journal of edgeseald", key_name, text);
    case wire::Status::decryption_failed: return raise_error(Reason::decryption_failed, "key %s: %s", key_name, text);
  }
}

void AgentClient::raise_malformed() const noexcept {
  raise_error(Reason::agent_answer_malformed, "%s does not speak the key socket's protocol",
              settings_.socket_path.data());
}

}  // namespace edgeseal::provider
