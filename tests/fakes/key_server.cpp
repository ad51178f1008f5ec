#include "tests/fakes/key_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "tests/fakes/private_key.h"

namespace edgeseal::fakes {
namespace {

constexpr std::chrono::seconds wait_limit{30};

wire::KeyId id_of(const Bytes& public_key) {
  wire::KeyId id{};
  std::size_t size = 0;
  EVP_Q_digest(default_only(), "SHA256", nullptr, public_key.data(), public_key.size(),
               reinterpret_cast<unsigned char*>(id.data()), &size);
  return id;
}

template <typename... Arguments>
Bytes encoded(const Arguments&... arguments) {
  Bytes record(wire::max_message_size);
  record.resize(wire::encode(arguments..., record));
  return record;
}

Bytes unsupported(std::uint32_t id, std::string_view text) {
  return encoded(id, wire::Status::unsupported, wire::ErrorResponse{.text = text});
}

bool send_record(int connection, const Bytes& record) {
  return ::send(connection, record.data(), record.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(record.size());
}

void spoil(Bytes& record, KeyServer::Behaviour behaviour) {
  using enum KeyServer::Behaviour;
  switch (behaviour) {
    case answer_garbage: record.assign(100, std::byte{0xa5}); break;
    case answer_nothing: record.clear(); break;
    case answer_header_only: record.resize(wire::header_size); break;
    case answer_short: record.pop_back(); break;
    case answer_long: record.push_back(std::byte{0}); break;
    case answer_wrong_length: record[wire::header_size + 1] ^= std::byte{0x80}; break;
    case answer_other_id: record[4] ^= std::byte{1}; break;
    case answer_other_operation: record.resize(wire::header_size + 6); break;  // as long as the answer to hello
    case answer_other_version: record[0] = std::byte{9}; break;
    case answer_unknown_status: record[2] = std::byte{0x7f}; break;
    case answer_oversized: record.resize(wire::max_message_size); break;
    case answer_huge: record.resize(2 * wire::max_message_size); break;
    default: break;
  }
}

// What the behaviour makes of an answer: the records to send.
std::vector<Bytes> spoiled(Bytes record, KeyServer::Behaviour behaviour) {
  using enum KeyServer::Behaviour;
  spoil(record, behaviour);
  if (behaviour == answer_twice) return {record, record};
  if (behaviour != answer_in_two_parts) return {record};
  const auto middle = record.begin() + static_cast<std::ptrdiff_t>(record.size() / 2);
  return {Bytes(record.begin(), middle), Bytes(middle, record.end())};
}

}  // namespace

KeyServer::KeyServer(std::filesystem::path path) : path_(std::move(path)) {}

KeyServer::~KeyServer() {
  stop();
}

void KeyServer::add_key(const std::string& name, PkeyPtr key, const std::vector<CertificatePtr>& chain) {
  Key added;
  added.pkey = std::move(key);
  added.public_key = public_key_of(added.pkey.get());
  added.id = id_of(added.public_key);
  for (const CertificatePtr& certificate : chain) added.chain.push_back(der_of(certificate.get()));
  keys_[name] = std::move(added);
}

void KeyServer::start() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::system_error(errno, std::generic_category(), path_.string());
  }
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

void KeyServer::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof(one)) != sizeof(one)) std::terminate();
  thread_.join();
  for (const int connection : connections_) ::close(connection);
  connections_.clear();
  late_answer_.reset();
  ::close(listener_);
  ::close(wake_);
  std::filesystem::remove(path_);
}

void KeyServer::behave(Behaviour behaviour, unsigned times) {
  const std::lock_guard lock(mutex_);
  behaviour_ = behaviour;
  behaviour_times_ = times;
}

void KeyServer::refuse(std::optional<Refusal> refusal, unsigned times) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
  refusal_times_ = times;
}

void KeyServer::answer_digests() {
  const std::lock_guard lock(mutex_);
  answers_digests_ = true;
}

void KeyServer::answer_plaintext(std::optional<Bytes> plaintext) {
  const std::lock_guard lock(mutex_);
  plaintext_ = std::move(plaintext);
}

void KeyServer::trust(const std::vector<CertificatePtr>& anchors, std::size_t page_size) {
  const std::lock_guard lock(mutex_);
  anchors_.clear();
  for (const CertificatePtr& anchor : anchors) anchors_.push_back(der_of(anchor.get()));
  anchors_in_answer_ = page_size;
  ++trust_generation_;
}

void KeyServer::change_trust(unsigned times) {
  const std::lock_guard lock(mutex_);
  trust_changes_ = times;
}

void KeyServer::forbid_legacy(const std::string& name) {
  const std::lock_guard lock(mutex_);
  keys_.at(name).legacy = false;
}

unsigned KeyServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connection_count_;
}

unsigned KeyServer::requests(wire::Operation operation) const {
  const std::lock_guard lock(mutex_);
  const auto found = request_counts_.find(operation);
  return found == request_counts_.end() ? 0 : found->second;
}

bool KeyServer::wait_for_requests(wire::Operation operation, unsigned count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait_limit, [&] {
    const auto found = request_counts_.find(operation);
    return found != request_counts_.end() && found->second >= count;
  });
}

void KeyServer::run() {
  for (;;) {
    std::vector<pollfd> entries{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const int connection : connections_) entries.push_back({connection, POLLIN, 0});
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    if (entries[0].revents != 0) return;
    for (std::size_t i = 2; i < entries.size(); ++i) {
      if (entries[i].revents == 0 || serve(entries[i].fd)) continue;
      close_connection(entries[i].fd);
    }
    if (entries[1].revents != 0) accept_connection();
  }
}

void KeyServer::close_connection(int connection) {
  if (late_answer_ && late_answer_->first == connection) late_answer_.reset();
  std::erase(connections_, connection);
  ::close(connection);
}

void KeyServer::accept_connection() {
  const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  const std::lock_guard lock(mutex_);
  ++connection_count_;
  if (behaviour_ != Behaviour::turn_away || behaviour_times_ == 0) return connections_.push_back(connection);
  --behaviour_times_;
  const Bytes record =
      encoded(0U, wire::Status::busy, wire::ErrorResponse{.retry_after_ms = 1, .text = "too many connections"});
  static_cast<void>(send_record(connection, record));
  ::close(connection);
}

bool KeyServer::serve(int connection) {
  Bytes request(wire::max_message_size);
  const ssize_t received = ::recv(connection, request.data(), request.size(), 0);
  wire::RequestHeader header;
  if (received <= 0) return false;
  request.resize(static_cast<std::size_t>(received));
  if (!wire::decode(request, header)) return false;
  const Behaviour behaviour = note(header);
  if (behaviour == Behaviour::close) return false;
  if (behaviour == Behaviour::hold) return true;
  const Bytes record = answer_or_refusal(request, header);
  send_late_answer();
  if (behaviour == Behaviour::answer_late) {
    late_answer_.emplace(connection, record);
    return true;
  }
  const std::vector<Bytes> records = spoiled(record, behaviour);
  return std::all_of(records.begin(), records.end(), [&](const Bytes& part) { return send_record(connection, part); });
}

void KeyServer::send_late_answer() {
  if (late_answer_) static_cast<void>(send_record(late_answer_->first, late_answer_->second));
  late_answer_.reset();
}

Bytes KeyServer::answer_or_refusal(const Bytes& request, const wire::RequestHeader& header) {
  try {
    return is_forbidden(request, header) ? unsupported(header.request_id, "for legacy peers only")
                                         : answer(request, header);
  } catch (const std::runtime_error& error) {
    return unsupported(header.request_id, error.what());
  }
}

KeyServer::Behaviour KeyServer::note(const wire::RequestHeader& header) {
  const std::lock_guard lock(mutex_);
  ++request_counts_[header.operation];
  changed_.notify_all();
  if (behaviour_times_ == 0 || behaviour_ == Behaviour::turn_away) return Behaviour::serve;
  --behaviour_times_;
  return behaviour_;
}

std::optional<KeyServer::Refusal> KeyServer::next_refusal() {
  const std::lock_guard lock(mutex_);
  if (!refusal_ || refusal_times_ == 0) return std::nullopt;
  if (refusal_times_ != always) --refusal_times_;
  return refusal_;
}

bool KeyServer::is_forbidden(const Bytes& request, const wire::RequestHeader& header) const {
  wire::SignRequest signing;
  wire::DecryptRequest decryption;
  const bool signs = header.operation == wire::Operation::sign && wire::decode(request, signing);
  const bool decrypts = header.operation == wire::Operation::decrypt && wire::decode(request, decryption);
  const Key* key = signs ? find(signing.key_id) : decrypts ? find(decryption.key_id) : nullptr;
  const std::lock_guard lock(mutex_);
  if (key == nullptr || key->legacy) return false;
  return (signs && (signing.hash == wire::Hash::sha1 || signing.scheme == wire::SignatureScheme::rsa_raw)) ||
         (decrypts && decryption.scheme == wire::DecryptionScheme::rsa_pkcs1);
}

Bytes KeyServer::answer(const Bytes& request, const wire::RequestHeader& header) {
  if (const auto refusal = next_refusal()) {
    return encoded(header.request_id, refusal->status,
                   wire::ErrorResponse{.retry_after_ms = refusal->retry_after_ms, .text = refusal->text});
  }
  switch (header.operation) {
    case wire::Operation::hello: return encoded(header.request_id, wire::HelloResponse{.deadline_ms = 1000});
    case wire::Operation::describe: return describe(request, header.request_id);
    case wire::Operation::sign: return sign(request, header.request_id);
    case wire::Operation::decrypt: return decrypt(request, header.request_id);
    case wire::Operation::trust_anchors: return trust_anchors(request, header.request_id);
  }
  return {};
}

Bytes KeyServer::describe(const Bytes& request, std::uint32_t id) const {
  wire::DescribeRequest asked;
  if (!wire::decode(request, asked)) return encoded(id, wire::Status::bad_request, wire::ErrorResponse{});
  const auto found = keys_.find(std::string(asked.key_name));
  if (found == keys_.end()) return encoded(id, wire::Status::unknown_key, wire::ErrorResponse{.text = "no such key"});
  const Key& key = found->second;
  wire::DescribeResponse response{.key_id = key.id,
                                  .type = type_of(key.pkey.get()),
                                  .key_name = found->first,
                                  .public_key = key.public_key,
                                  .chain = {}};
  for (const Bytes& certificate : key.chain) response.chain.certificates[response.chain.count++] = certificate;
  return encoded(id, response);
}

Bytes KeyServer::trust_anchors(const Bytes& request, std::uint32_t id) {
  wire::TrustAnchorsRequest asked;
  if (!wire::decode(request, asked)) return encoded(id, wire::Status::bad_request, wire::ErrorResponse{});
  const std::lock_guard lock(mutex_);
  wire::TrustAnchorsResponse page{
      .generation = trust_generation_, .total = static_cast<std::uint16_t>(anchors_.size()), .certificates = {}};
  wire::CertificateList& list = page.certificates;
  for (std::size_t i = asked.first; i < anchors_.size() && list.count < anchors_in_answer_; ++i)
    list.certificates[list.count++] = anchors_[i];
  if (trust_changes_ > 0) {
    --trust_changes_;
    ++trust_generation_;
  }
  return encoded(id, page);
}

const KeyServer::Key* KeyServer::find(const wire::KeyId& id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const auto& entry) { return entry.second.id == id; });
  return found == keys_.end() ? nullptr : &found->second;
}

Bytes KeyServer::sign(const Bytes& request, std::uint32_t id) const {
  wire::SignRequest asked;
  if (!wire::decode(request, asked)) return encoded(id, wire::Status::bad_request, wire::ErrorResponse{});
  const Key* key = find(asked.key_id);
  if (key == nullptr) return encoded(id, wire::Status::unknown_key, wire::ErrorResponse{.text = "no such key"});
  const bool answers_digest = [&] {
    const std::lock_guard lock(mutex_);
    return answers_digests_;
  }();
  if (answers_digest) return encoded(id, wire::SignResponse{.signature = asked.digest});
  return encoded(id, wire::SignResponse{.signature = fakes::sign(key->pkey.get(), asked)});
}

Bytes KeyServer::decrypt(const Bytes& request, std::uint32_t id) const {
  wire::DecryptRequest asked;
  if (!wire::decode(request, asked)) return encoded(id, wire::Status::bad_request, wire::ErrorResponse{});
  const Key* key = find(asked.key_id);
  if (key == nullptr) return encoded(id, wire::Status::unknown_key, wire::ErrorResponse{.text = "no such key"});
  const auto plaintext = [&] {
    const std::lock_guard lock(mutex_);
    return plaintext_;
  }();
  const auto decrypted = plaintext ? plaintext : fakes::decrypt(key->pkey.get(), asked);
  if (!decrypted)
    return encoded(id, wire::Status::decryption_failed, wire::ErrorResponse{.text = "not made with this key"});
  return encoded(id, wire::DecryptResponse{.plaintext = *decrypted});
}

}  // namespace edgeseal::fakes
