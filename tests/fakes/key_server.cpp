#include "tests/fakes/key_server.h"

#include <openssl/rsa.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace edgeseal::fakes {
namespace {

const char* name_of(wire::Hash hash) {
  switch (hash) {
    case wire::Hash::none: return "";
    case wire::Hash::sha1: return "SHA1";
    case wire::Hash::sha256: return "SHA256";
    case wire::Hash::sha384: return "SHA384";
    case wire::Hash::sha512: return "SHA512";
  }
  return "";
}

wire::KeyId id_of(const Bytes& public_key) {
  wire::KeyId id{};
  std::size_t size = 0;
  EVP_Q_digest(default_only(), "SHA256", nullptr, public_key.data(), public_key.size(),
               reinterpret_cast<unsigned char*>(id.data()), &size);
  return id;
}

Bytes sign_digest(EVP_PKEY* key, const wire::SignRequest& request) {
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(default_only(), key, nullptr),
                                              EVP_PKEY_CTX_free);
  const std::shared_ptr<EVP_MD> digest(EVP_MD_fetch(default_only(), name_of(request.hash), nullptr), EVP_MD_free);
  bool good = EVP_PKEY_sign_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), digest.get()) == 1;
  if (request.scheme == wire::SignatureScheme::rsa_pss) {
    good = good && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), request.salt_length) == 1;
  }
  Bytes signature(1024);
  std::size_t size = signature.size();
  good =
      good && EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                            reinterpret_cast<const unsigned char*>(request.digest.data()), request.digest.size()) == 1;
  if (!good) throw std::runtime_error("the fake key server cannot sign");
  signature.resize(size);
  return signature;
}

template <typename... Arguments>
Bytes encoded(const Arguments&... arguments) {
  Bytes record(wire::max_message_size);
  record.resize(wire::encode(arguments..., record));
  return record;
}

wire::KeyType type_of(EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "RSA") == 1 ? wire::KeyType::rsa : wire::KeyType::ec_p256;
}

void spoil(Bytes& record, KeyServer::Behaviour behaviour) {
  switch (behaviour) {
    case KeyServer::Behaviour::answer_garbage: record.assign(100, std::byte{0xa5}); break;
    case KeyServer::Behaviour::answer_short: record.pop_back(); break;
    case KeyServer::Behaviour::answer_other_id: record[4] ^= std::byte{1}; break;
    case KeyServer::Behaviour::answer_other_version: record[0] = std::byte{9}; break;
    case KeyServer::Behaviour::answer_oversized: record.resize(wire::max_message_size); break;
    case KeyServer::Behaviour::serve:
    case KeyServer::Behaviour::close:
    case KeyServer::Behaviour::hold: break;
  }
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
  ::close(listener_);
  ::close(wake_);
  std::filesystem::remove(path_);
}

void KeyServer::behave(Behaviour behaviour, unsigned times) {
  const std::lock_guard lock(mutex_);
  behaviour_ = behaviour;
  behaviour_times_ = times;
}

void KeyServer::refuse(std::optional<Refusal> refusal) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
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

void KeyServer::wait_for_requests(wire::Operation operation, unsigned count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
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
      ::close(entries[i].fd);
      std::erase(connections_, entries[i].fd);
    }
    if (entries[1].revents != 0) accept_connection();
  }
}

void KeyServer::accept_connection() {
  const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  connections_.push_back(connection);
  const std::lock_guard lock(mutex_);
  ++connection_count_;
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
  Bytes record = answer(request, header);
  spoil(record, behaviour);
  return ::send(connection, record.data(), record.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(record.size());
}

KeyServer::Behaviour KeyServer::note(const wire::RequestHeader& header) {
  const std::lock_guard lock(mutex_);
  ++request_counts_[header.operation];
  changed_.notify_all();
  if (behaviour_times_ == 0) return Behaviour::serve;
  --behaviour_times_;
  return behaviour_;
}

Bytes KeyServer::answer(const Bytes& request, const wire::RequestHeader& header) const {
  std::optional<Refusal> refusal;
  {
    const std::lock_guard lock(mutex_);
    refusal = refusal_;
  }
  if (refusal) {
    return encoded(header.request_id, refusal->status, wire::ErrorResponse{.retry_after_ms = 0, .text = refusal->text});
  }
  switch (header.operation) {
    case wire::Operation::hello: return encoded(header.request_id, wire::HelloResponse{.deadline_ms = 1000});
    case wire::Operation::describe: return describe(request, header.request_id);
    case wire::Operation::sign: return sign(request, header.request_id);
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

Bytes KeyServer::sign(const Bytes& request, std::uint32_t id) const {
  wire::SignRequest asked;
  if (!wire::decode(request, asked)) return encoded(id, wire::Status::bad_request, wire::ErrorResponse{});
  for (const auto& [name, key] : keys_) {
    if (key.id == asked.key_id) return encoded(id, wire::SignResponse{.signature = sign_digest(key.pkey.get(), asked)});
  }
  return encoded(id, wire::Status::unknown_key, wire::ErrorResponse{.text = "no such key"});
}

}  // namespace edgeseal::fakes
