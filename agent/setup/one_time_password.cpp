#include "agent/setup/one_time_password.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/openssl.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

constexpr const char* budget = "password";
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's base32
constexpr std::size_t characters = 12;
constexpr std::size_t group_size = 4;
constexpr std::size_t hash_size = 32, salt_size = 16;

OneTimePassword::SecretPtr random_password() {
  tpm::SecretBytes random(characters);
  require_openssl(RAND_priv_bytes(out_octets(random.span()), static_cast<int>(characters)) == 1, "RAND_priv_bytes");
  auto text = std::make_shared<tpm::SecretBytes>(characters + (characters - 1) / group_size);
  std::size_t at = 0;
  for (std::size_t i = 0; i < characters; ++i) {
    if (i > 0 && i % group_size == 0) text->span()[at++] = std::byte{'-'};
    text->span()[at++] =
        static_cast<std::byte>(alphabet[std::to_integer<unsigned>(random.view()[i]) % alphabet.size()]);
  }
  return text;
}

// As people write down what they hear.
char canonical(char given) {
  if (given >= 'a' && given <= 'z') given = static_cast<char>(given - 'a' + 'A');
  if (given == 'O') return '0';
  return given == 'I' || given == 'L' ? '1' : given;
}

// Null: no such password.
OneTimePassword::SecretPtr canonical(ByteView given) {
  auto text = std::make_shared<tpm::SecretBytes>(characters);
  std::size_t size = 0;
  for (const std::byte byte : given) {
    const char c = canonical(static_cast<char>(byte));
    if (c == ' ' || c == '-' || c == '\n' || c == '\r') continue;
    if (size == characters || alphabet.find(c) == std::string_view::npos) return nullptr;
    text->span()[size++] = static_cast<std::byte>(c);
  }
  return size == characters ? text : nullptr;
}

Bytes hash_of(const tpm::SecretBytes& password, const Bytes& salt, unsigned iterations) {
  Bytes hash(hash_size);
  require_openssl(
      PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.view().data()), static_cast<int>(password.size()),
                        octets(salt), static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha512(),
                        static_cast<int>(hash_size), out_octets(hash)) == 1,
      "PKCS5_PBKDF2_HMAC");
  return hash;
}

}  // namespace

OneTimePassword::OneTimePassword(const Services& services, const Settings& settings,
                                 std::function<std::chrono::microseconds()> now, std::function<void()> used_up)
    : services_(services),
      record_(services.state, services.seal, "one-time-password"),
      settings_(settings),
      now_(std::move(now)),
      used_up_(std::move(used_up)),
      pause_(settings.pause) {}

std::optional<OneTimePassword::Stored> OneTimePassword::load() const {
  const auto stored = record_.read();
  if (!stored) return std::nullopt;
  return from_cbor("the one-time password", *stored, [](const Json& json) {
    return Stored{from_binary(json.at("salt")), from_binary(json.at("hash")), json.at("iterations"), json.at("used")};
  });
}

void OneTimePassword::store(const Stored& stored) {
  record_.write(to_cbor({{"salt", to_binary(stored.salt)},
                         {"hash", to_binary(stored.hash)},
                         {"iterations", stored.iterations},
                         {"used", stored.used}}));
}

// What is guessed: no older hash goes with the tries of a newer one.
std::string OneTimePassword::subject_of(const Stored& stored) {
  Bytes both = stored.salt;
  both.insert(both.end(), stored.hash.begin(), stored.hash.end());
  return hexadecimal(sha256(both));
}

unsigned OneTimePassword::remaining() const {
  return exists() ? services_.tries.remaining(budget).value_or(0) : 0;
}

// A counter that is not known is no reason to destroy anything.
void OneTimePassword::check() {
  if (looking_ || making_) return;
  try {
    const auto stored = load();
    if (!stored) return;
    if (stored->used) return accept(*stored, [](const std::variant<std::monostate, Error>&) {});
    if (!services_.tries.unaccounted()) return;
    const auto left = services_.tries.remaining(budget);
    if (left && *left > 0) return;
    if (left) used_up_();
    record_.remove();
  } catch (const Error&) {  // looked at again when it is submitted
  }
}

void OneTimePassword::make(Answer<SecretPtr> answer) {
  require_idle();
  Stored stored{Bytes(salt_size), {}, settings_.iterations};
  require_openssl(RAND_bytes(out_octets(stored.salt), static_cast<int>(salt_size)) == 1, "RAND_bytes");
  const SecretPtr password = random_password();
  const SecretPtr plain = canonical(password->view());
  const Answer<SecretPtr> made = [this, answer = std::move(answer)](std::variant<SecretPtr, Error> outcome) {
    making_ = false;
    answer(std::move(outcome));
  };
  const Answer<Bytes> hashed = [this, stored, password, made](std::variant<Bytes, Error> outcome) mutable {
    proceed(made, outcome, [&](const Bytes& hash) {
      stored.hash = hash;
      keep(stored, password, made);
    });
  };
  making_ = true;
  proceed(made, [&] {
    services_.background.submit<Bytes>(
        [plain, salt = stored.salt, iterations = stored.iterations] { return hash_of(*plain, salt, iterations); },
        hashed);
  });
}

// The tries first: a hash without them is of no use.
void OneTimePassword::keep(Stored stored, const SecretPtr& password, const Answer<SecretPtr>& answer) {
  record_.remove();
  services_.tries.begin(budget, subject_of(stored), settings_.tries,
                        [this, stored, password, answer](std::variant<std::monostate, Error> begun) {
                          proceed(answer, begun, [&](std::monostate) {
                            store(stored);
                            pause_ = settings_.pause;
                            not_before_ = std::chrono::microseconds(0);
                            answer(password);
                          });
                        });
}

// One at a time: what was looked at is stored again, and must not take the place of a new one.
void OneTimePassword::require_idle() const {
  if (looking_ || making_)
    throw Error(Code::busy, "a one-time password is being made or looked at; try again", std::chrono::seconds(1));
}

void OneTimePassword::require_time() const {
  const auto wait = not_before_ - now_();
  if (wait.count() <= 0) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(wait);
  throw Error(Code::busy, fmt::format("after a wrong password there is a pause; try again in {} ms", left.count()),
              left);
}

void OneTimePassword::submit(ByteView given, Answer<std::monostate> answer) {
  const SecretPtr password = canonical(given);
  if (!password) throw Error(Code::invalid_argument, "that is no one-time password: it has twelve digits and letters");
  require_idle();
  const auto stored = load();
  if (!stored || stored->used)
    throw Error(Code::invalid_state, "there is no one-time password; have one made by edgesealctl setup otp");
  require_time();
  looking_ = true;
  services_.tries.take(budget, subject_of(*stored),
                       [this, stored = *stored, password, answer](std::variant<unsigned, Error> taken) {
                         if (const auto* error = std::get_if<Error>(&taken)) {
                           looking_ = false;
                           check();  // nobody could while this was looked at
                           return answer(*error);
                         }
                         look(stored, password, std::get<unsigned>(taken), answer);
                       });
}

void OneTimePassword::look(const Stored& stored, const SecretPtr& given, unsigned left,
                           const Answer<std::monostate>& answer) {
  const Answer<Bytes> hashed = [this, stored, left, answer](std::variant<Bytes, Error> outcome) {
    looking_ = false;
    proceed(answer, outcome, [&](const Bytes& hash) {
      if (hash.size() == stored.hash.size() && CRYPTO_memcmp(hash.data(), stored.hash.data(), hash.size()) == 0)
        return accept(stored, answer);
      refuse(left);
    });
  };
  proceed(hashed, [&] {
    services_.background.submit<Bytes>([given, stored] { return hash_of(*given, stored.salt, stored.iterations); },
                                       hashed);
  });
}

// Burnt in the TPM before anybody hears of success: no older disk has it again.
void OneTimePassword::accept(Stored stored, const Answer<std::monostate>& answer) {
  stored.used = true;
  store(stored);
  services_.tries.burn(budget, [this, answer](std::variant<std::monostate, Error> burnt) {
    proceed(answer, burnt, [&](std::monostate) {
      record_.remove();
      answer(std::monostate{});
    });
  });
}

void OneTimePassword::refuse(unsigned left) {
  not_before_ = now_() + pause_;
  pause_ *= 2;
  if (left == 0) {
    used_up_();  // first: an end of the agent between the two gives no tries back
    record_.remove();
  }
  throw Error(Code::user_access_denied,
              left == 0 ? "the one-time password is wrong, and this was the last try: it is destroyed"
                        : fmt::format("the one-time password is wrong; {} tries are left", left));
}

}  // namespace edgeseal::agent
