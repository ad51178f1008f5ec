// A process that has one sealed key as the agent has it, so that another process can look into its memory. What it is
// told comes over a socket, its standard input, one record for each command:
//   make ALGORITHM | import | sign | drop | show | plant
// After `import` the next record is the key. The answer to each is one record: to `show` the PKCS#8 encoding, sent out
// of the secret memory; else "done", or what went wrong. `plant` leaves a copy where none should be.
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "agent/immediate_binding.h"
#include "agent/keys/sealed_keys.h"
#include "agent/keys/signature_encoding.h"
#include "agent/slot.h"
#include "tests/fakes/fake_key_device.h"

namespace {

using namespace edgeseal;
using NewKeyPtr = std::shared_ptr<agent::NewSealedKey>;

constexpr int socket_fd = STDIN_FILENO;
constexpr std::size_t max_key_size = 8192;

class KeyHolder {
 public:
  std::string obey(const std::string& command) {
    if (command.starts_with("make ")) return make(agent::parse_algorithm(command.substr(5)));
    if (command == "import") return import_key();
    if (command == "drop") return drop();
    if (command == "sign") return use([this](const agent::SoftwareKey& key) { (void)key.sign(request()); });
    if (command == "show") return use([](const agent::SoftwareKey& key) { key.with_pkcs8(send_out); }, "");
    if (command == "plant")
      return use([this](const agent::SoftwareKey& key) {
        key.with_pkcs8([this](tpm::ByteView encoded) { planted_.assign(encoded.begin(), encoded.end()); });
      });
    return "no such command";
  }

 private:
  static void send_out(tpm::ByteView encoded) { (void)::send(socket_fd, encoded.data(), encoded.size(), 0); }

  std::string make(tpm::KeyAlgorithm algorithm) {
    return wait<NewKeyPtr>(
        [&](agent::Answer<NewKeyPtr> answer) {
          keys_.create(algorithm, agent::RsaUse::any, std::nullopt, {}, std::move(answer));
        },
        key_);
  }

  std::string import_key() {
    tpm::SecretBytes buffer(max_key_size);
    const ssize_t size = ::recv(socket_fd, buffer.span().data(), buffer.size(), 0);
    tpm::SecretBytes encoded(buffer.view().first(static_cast<std::size_t>(size)));
    return wait<NewKeyPtr>(
        [&](agent::Answer<NewKeyPtr> answer) {
          keys_.import_key(std::move(encoded), {}, std::nullopt, std::move(answer));
        },
        key_);
  }

  std::string drop() {
    keys_.forget(key_->sealed.id);
    return keys_.opened() == 0 ? "done" : "still open";
  }

  std::string use(const std::function<void(const agent::SoftwareKey&)>& operation, std::string done = "done") {
    std::optional<tpm::SecretBytes> result;
    const auto work = [&](const agent::SoftwareKey& key) { return operation(key), tpm::SecretBytes(); };
    const std::shared_ptr<const agent::SealedKey> sealed(key_, &key_->sealed);
    const std::string outcome = wait<tpm::SecretBytes>(
        [&](agent::Answer<tpm::SecretBytes> answer) {
          keys_.use(sealed, agent::SealedKeys::Extent::once, work, {}, std::move(answer));
        },
        result);
    return outcome == "done" ? std::move(done) : outcome;
  }

  template <class Result, class Target>
  std::string wait(const std::function<void(agent::Answer<Result>)>& start, Target& target) {
    std::optional<std::string> outcome;
    start([&](std::variant<Result, agent::Error> result) {
      if (const auto* error = std::get_if<agent::Error>(&result)) {
        outcome = error->what();
      } else {
        target = std::get<Result>(std::move(result));
        outcome = "done";
      }
    });
    while (!outcome) loop_.run_once(std::chrono::milliseconds(100));
    return *outcome;
  }

  [[nodiscard]] agent::SignatureRequest request() const {
    const bool rsa = agent::modulus_bits(key_->algorithm).has_value();
    if (key_->algorithm == tpm::KeyAlgorithm::ed25519)
      return {wire::SignatureScheme::ed25519, {}, 0, tpm::Bytes(20, std::byte{1})};
    return {rsa ? wire::SignatureScheme::rsa_pss : wire::SignatureScheme::ecdsa, tpm::HashAlgorithm::sha256,
            std::size_t{rsa ? 32U : 0U}, tpm::Bytes(32, std::byte{1})};
  }

  test::FakeTpm chip_;
  agent::EventLoop loop_;
  agent::TpmWorker tpm_{loop_, [this] { return chip_.open(); }, [] {}};
  agent::SoftwareWorker software_{loop_};
  agent::SealedKeys keys_{loop_, tpm_, software_, {}};
  NewKeyPtr key_;
  tpm::Bytes planted_;
};

}  // namespace

int main(int, char** arguments) {
  agent::require_immediate_binding(arguments);
  agent::secret_memory::install();
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  KeyHolder holder;
  std::string command(64, '\0');
  for (;;) {
    const ssize_t size = ::recv(socket_fd, command.data(), command.size(), 0);
    if (size <= 0) return 0;
    const std::string answer = holder.obey(command.substr(0, static_cast<std::size_t>(size)));
    if (!answer.empty()) (void)::send(socket_fd, answer.data(), answer.size(), 0);
  }
}
