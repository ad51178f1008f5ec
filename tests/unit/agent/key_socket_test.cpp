#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "agent/keys/key_socket.h"
#include "provider/wire/message.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/agent/test_ca.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Answer;
using test::Core;

namespace {

using Record = std::vector<std::byte>;

// A client that speaks, or does not speak, the protocol. Non-blocking: server and client share the test's thread.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    BOOST_REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }

  [[nodiscard]] bool send(std::span<const std::byte> bytes) const {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // What came: a record, or nothing yet, or the end of the connection.
  [[nodiscard]] bool receive() {
    std::array<std::byte, wire::max_message_size> buffer{};
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) record.assign(buffer.begin(), buffer.begin() + size);
    if (size == 0 || (size < 0 && errno == ECONNRESET)) closed = true;
    return size > 0;
  }
  void set_send_buffer(int bytes) const {
    BOOST_REQUIRE(::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
  }

  Record record;
  bool closed = false;

 private:
  policy::UniqueFd fd_;
};

// As an account that no rule names: root, as which tests may run, is permitted all.
class Stranger {
 public:
  explicit Stranger(const std::filesystem::path& directory) : was_root_(::geteuid() == 0) {
    if (was_root_) BOOST_REQUIRE(::chmod(directory.c_str(), 0755) == 0 && ::seteuid(65534) == 0);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

struct Fixture : Core {
  std::string path = directory.file("keys.sock");
  agent::LentKeys lent;
  std::optional<agent::KeySocket> socket;
  agent::KeySocket::Limits limits;
  tpm::KeyId key_id{};

  Fixture() {
    install("web");
    open();
  }

  void open() {
    socket.reset();
    socket.emplace(loop, keys, lent, agent::listen_on(path), limits);
  }

  void install(const std::string& name) {
    applications.create({name, "", "", {}, {}, "bus"});
    const auto request = value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      groups.create_signing_request({":1.1"}, {name, "https"}, "https", {}, std::move(answer));
    });
    test::TestCa ca;
    groups.update({":1.1"}, {name, "https"}, {"https", ca.sign(request), {ca.certificate()}});
    (void)value<std::monostate>(
        [&](Answer<std::monostate> answer) { groups.apply({":1.1"}, name, {}, std::move(answer)); });
    key_id = keys.find(name)->stored.id;
  }

  wire::Status ask(Client& client, std::span<const std::byte> record) {
    BOOST_REQUIRE(client.send(record));
    return answer(client);
  }
  wire::Status answer(Client& client) {
    run_until([&] { return client.receive() || client.closed; });
    wire::ResponseHeader header;
    BOOST_REQUIRE(!client.closed);
    BOOST_REQUIRE(wire::decode(client.record, header));
    return header.status;
  }
  void expect_closed(Client& client) {
    run_until([&] {
      (void)client.receive();
      return client.closed;
    });
  }

  static Record describe(std::string_view name, const tpm::KeyId& id = {}) {
    Record record(wire::max_message_size);
    record.resize(wire::encode(1, wire::DescribeRequest{name, id}, record));
    return record;
  }
  [[nodiscard]] static Record sign(const tpm::KeyId& id, wire::SignatureScheme scheme = wire::SignatureScheme::ecdsa,
                                   wire::Hash hash = wire::Hash::sha256) {
    Record record(wire::max_message_size);
    const Record digest(wire::digest_size(hash), std::byte{7});
    record.resize(wire::encode(2, wire::SignRequest{id, scheme, hash, 0, digest}, record));
    return record;
  }
  [[nodiscard]] static Record trust_anchors(std::string_view name) {
    Record record(wire::max_message_size);
    record.resize(wire::encode(3, wire::TrustAnchorsRequest{name}, record));
    return record;
  }
  std::string error_text(const Client& client) {
    wire::ErrorResponse error;
    BOOST_REQUIRE(wire::decode(client.record, error));
    return std::string(error.text);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_socket, Fixture)

BOOST_AUTO_TEST_CASE(hello_tells_the_version_and_the_deadline) {
  Client client(path);
  Record record(64);
  record.resize(wire::encode_hello_request(3, record));
  BOOST_TEST((ask(client, record) == wire::Status::ok));
  wire::HelloResponse hello;
  BOOST_REQUIRE(wire::decode(client.record, hello));
  BOOST_TEST(hello.version == wire::protocol_version);
  BOOST_TEST(hello.deadline_ms == static_cast<std::uint32_t>(limits.deadline.count()));
}

BOOST_AUTO_TEST_CASE(a_key_is_described_by_each_of_its_names_and_by_its_id_without_the_tpm) {
  Client client(path);
  const auto before = chip.counts().operations();
  for (const Record& request :
       {describe("web"), describe("web/https"), describe("web/https/https"), describe("", key_id)}) {
    BOOST_TEST((ask(client, request) == wire::Status::ok));
    wire::DescribeResponse response;
    BOOST_REQUIRE(wire::decode(client.record, response));
    BOOST_TEST(response.key_name == "web/https/https");
    BOOST_TEST((response.key_id == key_id));
    BOOST_TEST((response.type == wire::KeyType::ec_p256));
    BOOST_TEST(response.chain.count == 2u);
  }
  BOOST_TEST(chip.counts().operations() == before);
}

BOOST_AUTO_TEST_CASE(a_program_learns_what_its_group_trusts) {
  Client client(path);
  for (const char* name : {"web", "web/https/https"}) {
    BOOST_TEST((ask(client, trust_anchors(name)) == wire::Status::ok));
    wire::TrustAnchorsResponse page;
    BOOST_REQUIRE(wire::decode(client.record, page));
    BOOST_TEST(page.total == 1u);
    BOOST_REQUIRE(page.certificates.count == 1u);
    BOOST_TEST(std::ranges::equal(page.certificates.certificates[0], keys.find("web")->certificate->issuers[0]));
  }
  BOOST_TEST((ask(client, trust_anchors("web/mail")) == wire::Status::unknown_key));
  Record malformed = trust_anchors("web");
  malformed.push_back(std::byte{0});
  BOOST_TEST((ask(client, malformed) == wire::Status::bad_request));
}

BOOST_AUTO_TEST_CASE(who_may_not_use_a_key_does_not_learn_what_its_group_trusts) {
  applications.create({"mail", "", "", {"user=daemon"}, {}, "bus"});
  std::optional<Client> client;
  {
    const Stranger stranger(directory.path());
    client.emplace(path);
  }
  BOOST_TEST((ask(*client, trust_anchors("mail")) == wire::Status::not_permitted));
  BOOST_TEST(error_text(*client).find("application mail") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_signature_costs_one_operation) {
  Client client(path);
  const auto before = chip.counts().operations();
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
  BOOST_TEST(chip.counts().operations() == before + 1);
}

BOOST_AUTO_TEST_CASE(unknown_names_and_ids_are_told) {
  Client client(path);
  for (const char* name : {"nobody", "web/tls", "web/https/rsa-sha256", "../etc", "/https"})
    BOOST_TEST((ask(client, describe(name)) == wire::Status::unknown_key));
  tpm::KeyId unknown{};
  unknown.fill(std::byte{0xee});
  BOOST_TEST((ask(client, sign(unknown)) == wire::Status::key_retired));
  BOOST_TEST(error_text(client).find("eeeeeeee") != std::string::npos);
  BOOST_TEST((ask(client, describe("web")) == wire::Status::ok));  // the connection goes on
}

BOOST_AUTO_TEST_CASE(the_key_of_a_deleted_application_is_retired) {
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
  applications.remove("web");
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::key_retired));
}

BOOST_AUTO_TEST_CASE(what_key_and_scheme_do_not_fit_is_unsupported) {
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id, wire::SignatureScheme::rsa_pss)) == wire::Status::unsupported));
  BOOST_TEST((ask(client, sign(key_id, wire::SignatureScheme::ecdsa, wire::Hash::sha1)) == wire::Status::unsupported));
}

BOOST_AUTO_TEST_CASE(garbage_is_answered_once_and_closed) {
  for (const std::size_t size : {1u, 7u, 8u, 100u, 65536u}) {
    Client client(path);
    BOOST_TEST((ask(client, Record(size, std::byte{0xff})) == wire::Status::bad_request));
    expect_closed(client);
  }
}

BOOST_AUTO_TEST_CASE(half_a_message_is_answered_once_and_closed) {
  const Record whole = sign(key_id);
  for (const std::size_t size : {wire::header_size, whole.size() / 2, whole.size() - 1}) {
    Client client(path);
    BOOST_TEST((ask(client, std::span(whole).first(size)) == wire::Status::bad_request));
    expect_closed(client);
  }
}

BOOST_AUTO_TEST_CASE(a_mebibyte_is_answered_once_and_closed) {
  Client client(path);
  client.set_send_buffer(4 << 20);
  Record mebibyte(1 << 20);
  const Record start = describe("web");
  std::ranges::copy(start, mebibyte.begin());
  if (!client.send(mebibyte)) {  // the kernel's limit on socket buffers came first: send what it allows
    mebibyte.resize(100 * 1024);
    BOOST_REQUIRE(client.send(mebibyte));
  }
  BOOST_TEST((answer(client) == wire::Status::bad_request));
  expect_closed(client);
}

BOOST_AUTO_TEST_CASE(silent_clients_cost_nobody_anything) {
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Client>(path));
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
  BOOST_TEST(socket->connections() == 51u);
  silent.clear();
  run_until([&] { return socket->connections() == 1; });
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_and_never_reads_is_closed_and_others_are_served) {
  Client greedy(path);
  const Record request = describe("web");
  run_until([&] { return !greedy.send(request) && errno != EAGAIN; });
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
  BOOST_TEST(socket->connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_before_its_answer_harms_nobody) {
  chip.block();
  {
    Client client(path);
    BOOST_REQUIRE(client.send(sign(key_id)));
    run_until([&] { return worker.pending() == 1; });
  }
  run_until([&] { return socket->connections() == 0; });
  chip.release();
  run_until([&] { return worker.pending() == 0; });
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
}

BOOST_AUTO_TEST_CASE(requests_sent_ahead_are_answered_in_their_order) {
  Client client(path);
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(client.send(sign(key_id)));
  for (int i = 0; i < 3; ++i) BOOST_TEST((answer(client) == wire::Status::ok));
}

BOOST_AUTO_TEST_CASE(too_many_connections_of_one_user_that_work_are_told_busy) {
  limits.connections_per_user = 2;
  open();
  Client first(path), second(path);
  chip.block();
  BOOST_REQUIRE(first.send(sign(key_id)));
  BOOST_REQUIRE(second.send(sign(key_id)));
  run_until([&] { return worker.pending() == 2; });
  Client third(path);
  BOOST_TEST((answer(third) == wire::Status::busy));
  expect_closed(third);
  chip.release();
  BOOST_TEST((answer(first) == wire::Status::ok));
  BOOST_TEST((answer(second) == wire::Status::ok));
}

// A server with a process for each session has a connection for each, and uses it once.
BOOST_AUTO_TEST_CASE(idle_connections_of_one_user_give_way_to_new_ones) {
  limits.connections_per_user = 2;
  open();
  Client first(path), second(path);
  BOOST_TEST((ask(first, sign(key_id)) == wire::Status::ok));
  BOOST_TEST((ask(second, sign(key_id)) == wire::Status::ok));
  Client third(path);
  BOOST_TEST((ask(third, sign(key_id)) == wire::Status::ok));
  expect_closed(first);
  BOOST_TEST((ask(second, sign(key_id)) == wire::Status::ok));
}

BOOST_AUTO_TEST_CASE(a_chip_that_hangs_is_told_busy_at_the_deadline) {
  limits.deadline = 50ms;
  open();
  Client client(path);
  chip.block();
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::busy));
  wire::ErrorResponse error;
  BOOST_REQUIRE(wire::decode(client.record, error));
  BOOST_TEST(error.retry_after_ms > 0u);
  chip.release();
}

BOOST_AUTO_TEST_CASE(no_tpm_is_told_as_such) {
  chip.fail(tpm::Fault::absent);
  chip.fail_opening(tpm::Fault::absent);
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::tpm_unavailable));
  BOOST_TEST((ask(client, describe("web")) == wire::Status::ok));
}

BOOST_AUTO_TEST_CASE(at_the_end_what_is_in_work_is_answered_and_nothing_new_is_taken) {
  Client working(path), late(path);
  chip.block();
  BOOST_REQUIRE(working.send(sign(key_id)));
  run_until([&] { return worker.pending() == 1; });
  socket->stop_accepting();
  BOOST_REQUIRE(late.send(sign(key_id)));
  chip.release();
  BOOST_TEST((answer(working) == wire::Status::ok));
  BOOST_TEST(worker.pending() == 0u);
  socket.reset();
  expect_closed(late);  // without an answer: the client asks the next agent
  BOOST_TEST(late.record.empty());
}

BOOST_AUTO_TEST_CASE(programs_that_hold_a_replaced_key_go_on_with_it) {
  Client client(path);
  const auto old = key_id;
  dbus::SigningRequestOptions options;
  options.regenerate_private_key = true;
  const auto request = value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
    groups.create_signing_request({":1.1"}, {"web", "https"}, "https", options, std::move(answer));
  });
  test::TestCa ca;
  groups.update({":1.1"}, {"web", "https"}, {"https", ca.sign(request), {}});
  (void)value<std::monostate>(
      [&](Answer<std::monostate> answer) { groups.apply({":1.1"}, "web", {}, std::move(answer)); });
  BOOST_TEST((ask(client, sign(old)) == wire::Status::ok));
  BOOST_TEST((ask(client, describe("web")) == wire::Status::ok));
  wire::DescribeResponse response;
  BOOST_REQUIRE(wire::decode(client.record, response));
  BOOST_TEST((response.key_id != old));
}

BOOST_AUTO_TEST_CASE(a_socket_on_which_somebody_listens_is_not_taken_away) {
  BOOST_CHECK_EXCEPTION((void)agent::listen_on(path), agent::Error, test::has_code(agent::Code::state_unavailable));
  Client client(path);
  BOOST_TEST((ask(client, sign(key_id)) == wire::Status::ok));
}

BOOST_AUTO_TEST_SUITE_END()
