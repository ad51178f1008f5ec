#include "agent/keys/key_socket.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/peer.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::milliseconds accept_pause{100};  // after the process ran out of descriptors
constexpr std::uint32_t busy_retry_ms = 100;
constexpr int most_accepted_at_once = 32;

// One buffer serves all connections: everything happens in the loop's thread, one record at a time.
std::array<std::byte, wire::max_message_size> buffer;

wire::KeyType key_type(const Key& key) {
  switch (key.algorithm) {
    case tpm::KeyAlgorithm::ec_p256: return wire::KeyType::ec_p256;
    case tpm::KeyAlgorithm::ec_p384: return wire::KeyType::ec_p384;
    case tpm::KeyAlgorithm::ec_p521: return wire::KeyType::ec_p521;
    case tpm::KeyAlgorithm::ed25519: return wire::KeyType::ed25519;
    default: return key.pss ? wire::KeyType::rsa_pss : wire::KeyType::rsa;
  }
}

tpm::HashAlgorithm hash_algorithm(wire::Hash hash) {
  switch (hash) {
    case wire::Hash::none: return tpm::HashAlgorithm::sha256;  // of schemes without a hash; not looked at
    case wire::Hash::sha1: return tpm::HashAlgorithm::sha1;
    case wire::Hash::sha256: return tpm::HashAlgorithm::sha256;
    case wire::Hash::sha384: return tpm::HashAlgorithm::sha384;
    case wire::Hash::sha512: return tpm::HashAlgorithm::sha512;
  }
  throw Error(Code::invalid_argument, "unknown hash algorithm");
}

Bytes copy(wire::ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

sockaddr_un socket_address(const std::string& path) {
  require_socket_path(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return address;
}

policy::UniqueFd new_socket() {
  policy::UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw std::system_error(errno, std::generic_category(), "socket");
  return fd;
}

}  // namespace

void require_socket_path(const std::string& path) {
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.starts_with('/') || path.size() > most)
    throw Error(
        Code::invalid_argument,
        fmt::format("\"{:.200}\" is no path of a socket: give an absolute one of at most {} bytes", path, most));
}

policy::UniqueFd listen_on(const std::string& path) {
  const sockaddr_un address = socket_address(path);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const policy::UniqueFd probe = new_socket();
  if (::connect(probe.get(), generic, sizeof(address)) == 0)
    throw Error(Code::state_unavailable, fmt::format("key socket {}: another process listens there already", path));
  struct stat status {};
  if (errno == ECONNREFUSED && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());

  policy::UniqueFd listener = new_socket();
  if (::bind(listener.get(), generic, sizeof(address)) != 0 || ::chmod(path.c_str(), 0666) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0)
    throw Error(Code::state_unavailable,
                fmt::format("key socket {}: {}; remedy: its directory must be there and writable for "
                            "the account of the agent",
                            path, std::strerror(errno)));
  return listener;
}

std::string socket_path(int listener) {
  sockaddr_un address{};
  socklen_t size = sizeof(address);
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::system_error(errno, std::generic_category(), "getsockname");
  return {address.sun_path, ::strnlen(address.sun_path, sizeof(address.sun_path))};
}

class KeySocket::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(KeySocket& socket, ConnectionId id, policy::UniqueFd fd, policy::Caller caller)
      : socket_(socket), id_(id), fd_(std::move(fd)), caller_(std::move(caller)) {
    source_ = socket_.loop_.add_io(fd_.get(), EPOLLIN, [this](std::uint32_t events) { receive(events); });
  }

  [[nodiscard]] uid_t uid() const { return caller_.uid; }
  [[nodiscard]] bool working() const { return working_; }
  void stop_reading() {
    reading_ = false;
    source_.set_io_events(0);
  }

 private:
  void start_reading() {
    reading_ = true;
    source_.set_io_events(EPOLLIN);
  }

  void receive(std::uint32_t events) {
    if (working_) {
      if ((events & (EPOLLHUP | EPOLLERR)) != 0) return close();  // hung up before its answer
      return stop_reading();                                      // sent ahead: waits in the socket until finish()
    }
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return close();
    if (static_cast<std::size_t>(size) > buffer.size())
      return reject(0, fmt::format("a record of {} bytes; at most {} are taken", size, buffer.size()));
    handle(wire::ByteView(buffer).first(static_cast<std::size_t>(size)));
  }

  void handle(wire::ByteView record) {
    wire::RequestHeader header;
    if (!wire::decode(record, header) || header.version != wire::protocol_version)
      return reject(header.request_id, "not a message of this version of the key socket");
    try {
      switch (header.operation) {
        case wire::Operation::hello: return hello(record, header.request_id);
        case wire::Operation::describe: return describe(record, header.request_id);
        case wire::Operation::sign: return sign(record, header.request_id);
        case wire::Operation::decrypt: return decrypt(record, header.request_id);
        case wire::Operation::trust_anchors: return trust_anchors(record, header.request_id);
      }
    } catch (const Error& error) {
      return refuse(header.request_id, error);
    } catch (const std::exception& error) {  // or the client waits until its deadline
      if (const auto note = socket_.log_limit_.admit("internal error", socket_.loop_.now()))
        log_failure(Level::error, "a request at the key socket failed" + *note, error);
      return refuse(header.request_id, Error(Code::internal_error, error.what()));
    }
  }

  void hello(wire::ByteView record, std::uint32_t request_id) {
    if (!wire::decode_hello_request(record)) return reject(request_id, "malformed hello");
    const auto deadline = static_cast<std::uint32_t>(socket_.limits_.deadline.count());
    send(wire::encode(request_id, wire::HelloResponse{wire::protocol_version, deadline}, buffer));
  }

  void describe(wire::ByteView record, std::uint32_t request_id) {
    wire::DescribeRequest request;
    if (!wire::decode(record, request)) return reject(request_id, "malformed describe");
    const KeyPtr key =
        request.key_name.empty() ? socket_.keys_.find(request.key_id) : socket_.keys_.find(request.key_name);
    require_permission(*key);
    const std::string name = key->slot.key_name();
    wire::DescribeResponse response;
    response.key_id = key->id;
    response.type = key_type(*key);
    response.key_name = name;
    response.public_key = key->public_key;
    if (key->certificate) {
      const auto push = [&chain = response.chain](const Bytes& der) {
        if (chain.count < chain.certificates.size()) chain.certificates[chain.count++] = der;
      };
      push(key->certificate->certificate);
      std::ranges::for_each(key->certificate->issuers, push);
    }
    send(wire::encode(request_id, response, buffer));
  }

  void trust_anchors(wire::ByteView record, std::uint32_t request_id) {
    wire::TrustAnchorsRequest request;
    if (!wire::decode(record, request)) return reject(request_id, "malformed trust_anchors");
    const Slot slot = socket_.keys_.resolve(request.key_name);
    const GroupTrustPtr trust = socket_.keys_.trust_of(slot);
    require_permission(trust->access, slot);
    send(wire::encode(request_id, page_of(trust->anchors, request.first), buffer));
  }

  void sign(wire::ByteView record, std::uint32_t request_id) {
    wire::SignRequest request;
    if (!wire::decode(record, request)) return reject(request_id, "malformed sign");
    const KeyPtr key = usable_key(request.key_id);
    use_ = &socket_.uses_.of(key->slot, KeyUse::sign);
    const SignatureRequest signature{request.scheme, hash_algorithm(request.hash), request.salt_length,
                                     copy(request.digest)};
    const Working working(working_);
    socket_.keys_.sign(key, signature, ticket(),
                       [weak = weak_from_this(), request_id](const std::variant<Bytes, Error>& result) {
                         if (const auto self = weak.lock()) self->finish(request_id, result);
                       });
  }

  void decrypt(wire::ByteView record, std::uint32_t request_id) {
    wire::DecryptRequest request;
    if (!wire::decode(record, request)) return reject(request_id, "malformed decrypt");
    const KeyPtr key = usable_key(request.key_id);
    use_ = &socket_.uses_.of(key->slot, KeyUse::decrypt);
    const DecryptionRequest decryption{request.scheme, hash_algorithm(request.hash), hash_algorithm(request.mgf_hash),
                                       copy(request.label), copy(request.ciphertext)};
    const Working working(working_);
    socket_.keys_.decrypt(key, decryption, ticket(),
                          [weak = weak_from_this(), request_id](const std::variant<tpm::SecretBytes, Error>& result) {
                            if (const auto self = weak.lock()) self->finish(request_id, result);
                          });
  }

  // From before the request is handed over, for the answer may come at once; not where it is refused.
  class Working {
   public:
    explicit Working(bool& flag) : flag_(flag) { flag_ = true; }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;
    ~Working() {
      if (std::uncaught_exceptions() > exceptions_) flag_ = false;
    }

   private:
    bool& flag_;
    const int exceptions_ = std::uncaught_exceptions();
  };

  [[nodiscard]] TpmWorker::Ticket ticket() const {
    return {TpmWorker::Priority::use, caller_.uid, socket_.limits_.deadline};
  }

  [[nodiscard]] KeyPtr usable_key(const KeyId& id) {
    const KeyPtr key = socket_.keys_.find(id);
    require_permission(*key);
    if (key->status == KeyStatus::pending && !socket_.lent_.has(id, caller_.uid))
      throw Error(Code::not_found,
                  fmt::format("the key of {} waits for its certificate and cannot be used yet", key->slot.key_name()));
    return key;
  }

  template <class Result>
  void finish(std::uint32_t request_id, const std::variant<Result, Error>& result) {
    working_ = false;
    if (!reading_ && socket_.accepting_) start_reading();
    if (const auto* error = std::get_if<Error>(&result)) return refuse(request_id, *error);
    count_use(KeyUseCounts::success);
    answer(request_id, std::get<Result>(result));
  }

  void count_use(std::string_view result) {
    if (use_ != nullptr) std::exchange(use_, nullptr)->count(result);
  }

  void answer(std::uint32_t request_id, const Bytes& signature) {
    send(wire::encode(request_id, wire::SignResponse{signature}, buffer));
  }

  void answer(std::uint32_t request_id, const tpm::SecretBytes& plaintext) {
    const std::size_t size = wire::encode(request_id, wire::DecryptResponse{plaintext.view()}, buffer);
    send(size);
    ::explicit_bzero(buffer.data(), size);
  }

  void require_permission(const Key& key) {
    if (!socket_.lent_.has(key.id, caller_.uid)) require_permission(key.access, key.slot);
  }

  void require_permission(const std::vector<policy::AccessRule>& access, const Slot& slot) {
    if (!unit_known_ && policy::needs_unit(access)) {
      caller_.unit = peer_unit(fd_.get());
      unit_known_ = true;  // an empty answer too: later the number of the process may be another's
    }
    if (policy::permits(access, caller_)) return;
    socket_.uses_.refused("access-denied");
    const std::string name = slot.key_name();
    if (const auto note = socket_.log_limit_.admit(fmt::format("denied {} {}", caller_.uid, name), socket_.loop_.now()))
      log(Level::warning, Event::key_use_denied,
          fmt::format("uid {} may not use the key {}{}", caller_.uid, name, *note),
          {{"KEY", name}, {"UID", std::to_string(caller_.uid)}, {"UNIT", caller_.unit}});
    throw Error(Code::user_access_denied,
                fmt::format("not permitted for uid {}: no access rule of application {} names this account or its unit",
                            caller_.uid, slot.application));
  }

  void refuse(std::uint32_t request_id, const Error& error) {
    count_use(bus_name(error.code()));
    const wire::Status status = wire_status(error.code());
    const std::string_view text = std::string_view(error.what()).substr(0, wire::max_error_text_size);
    auto retry_after = static_cast<std::uint32_t>(error.retry_after().count());
    if (status == wire::Status::busy && retry_after == 0) retry_after = busy_retry_ms;
    send(wire::encode(request_id, status, {retry_after, text}, buffer));
  }

  // What is not our protocol is told so once, and closed.
  void reject(std::uint32_t request_id, const std::string& problem) {
    socket_.uses_.refused("malformed");
    if (const auto note = socket_.log_limit_.admit(fmt::format("closed {}", caller_.uid), socket_.loop_.now()))
      log(Level::warning, Event::client_fault,
          fmt::format("closed a client of uid {}: {}{}", caller_.uid, problem, *note),
          {{"UID", std::to_string(caller_.uid)}});
    send(wire::encode(request_id, wire::Status::bad_request, {0, problem}, buffer));
    close();
  }

  void send(std::size_t size) {
    if (size != 0 && ::send(fd_.get(), buffer.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(size))
      return;
    close();  // nothing to say (a chain over the bounds) or nobody who reads
  }

  void close() {
    stop_reading();
    socket_.close_later(id_);
  }

  KeySocket& socket_;
  const ConnectionId id_;
  policy::UniqueFd fd_;
  policy::Caller caller_;
  bool working_ = false;
  bool reading_ = true;
  bool unit_known_ = false;
  EventCounts* use_ = nullptr;  // where the request in work is counted
  EventLoop::Source source_;
};

KeySocket::KeySocket(EventLoop& loop, KeyService& keys, const LentKeys& lent, policy::UniqueFd listener,
                     const Limits& limits)
    : loop_(loop), keys_(keys), lent_(lent), listener_(std::move(listener)), limits_(limits) {
  accept_source_ = loop_.add_io(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_clients(); });
  resume_timer_ = loop_.add_timer([this] {
    if (accepting_) accept_source_.set_io_events(EPOLLIN);
  });
}

KeySocket::~KeySocket() {
  *alive_ = false;
}

// More than one at a turn: a thousand programs that start together wait for each other else.
void KeySocket::accept_clients() {
  for (int i = 0; i < most_accepted_at_once; ++i) {
    policy::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client)
      return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ? pause_accepting() : void();
    admit(std::move(client));
  }
}

void KeySocket::admit(policy::UniqueFd client) {
  policy::Caller caller = peer_of(client.get());
  if (!within_limits(caller.uid)) {
    uses_.refused("too-many-connections");
    std::array<std::byte, 256> record{};
    const std::size_t size =
        wire::encode(0, wire::Status::busy, {busy_retry_ms, "too many connections; try again later"}, record);
    (void)::send(client.get(), record.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
  }
  const ConnectionId id = ++last_id_;
  auto connection = std::make_shared<Connection>(*this, id, std::move(client), std::move(caller));
  ++of_user_[connection->uid()];
  connections_.emplace(id, std::move(connection));
}

bool KeySocket::within_limits(uid_t uid) {
  const auto own = of_user_.find(uid);
  if (own != of_user_.end() && own->second >= limits_.connections_per_user) return close_idle_connection(uid);
  if (connections_.size() < limits_.connections) return true;
  const auto greediest = std::ranges::max_element(of_user_, {}, [](const auto& entry) { return entry.second; });
  return close_idle_connection(greediest->first);
}

// The oldest one: its program connects again when it needs to.
bool KeySocket::close_idle_connection(uid_t uid) {
  const auto idle = std::ranges::find_if(
      connections_, [uid](const auto& entry) { return entry.second->uid() == uid && !entry.second->working(); });
  if (idle == connections_.end()) return false;
  forget(idle);
  return true;
}

void KeySocket::forget(Connections::iterator connection) {
  const auto of_user = of_user_.find(connection->second->uid());
  if (--of_user->second == 0) of_user_.erase(of_user);
  connections_.erase(connection);
}

void KeySocket::pause_accepting() {
  uses_.refused("no-descriptors");
  if (const auto note = log_limit_.admit("descriptors", loop_.now()))
    log(Level::warning, Event::out_of_descriptors,
        fmt::format("no descriptor is left for a new client of the key socket; clients wait{}", *note));
  accept_source_.set_io_events(0);
  resume_timer_.set_time(loop_.now() + accept_pause);
}

// Not at once: the connection's own callback is running.
void KeySocket::close_later(ConnectionId id) {
  loop_.post([this, alive = alive_, id] {
    if (!*alive) return;
    if (const auto connection = connections_.find(id); connection != connections_.end()) forget(connection);
  });
}

void KeySocket::stop_accepting() {
  accepting_ = false;
  accept_source_.set_io_events(0);
  for (const auto& [id, connection] : connections_) connection->stop_reading();
}

}  // namespace edgeseal::agent
