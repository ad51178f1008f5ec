#include "tests/crash/setup_client.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "jose/bundle/bundle.h"
#include "jose/bundle/code.h"
#include "jose/jwe.h"
#include "tests/bus/memory_file.h"

namespace edgeseal::crash {
namespace {

constexpr const char* denied = "org.edgeseal.Error.UserAccessDenied";
constexpr const char* host = "gateway.example.com";  // as Client has its certificates made
constexpr std::string_view right_pin = "correct-horse-battery-314", wrong_pin = "incorrect-horse-battery-314";
constexpr std::chrono::minutes patience{1};

std::string& password() {
  static std::string last;
  return last;
}

std::string content_of(const sdbus::UnixFd& file) {
  std::array<char, 64> content{};
  const ssize_t size = ::pread(file.get(), content.data(), content.size(), 0);
  return {content.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

std::string text_of(const Der& der) {
  return {der.begin(), der.end()};
}

// Another one of the same form.
std::string altered(std::string text) {
  text.front() = text.front() == '7' ? '8' : '7';
  return text;
}

jose::Bundle content_for(const Plant& plant) {
  jose::Bundle bundle;
  bundle.not_after =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::hours(24);
  bundle.identifier = "bundle-1";
  bundle.url = "https://provision.example.com/device";
  bundle.port = 18444;
  const Der authority = plant.authority();
  const jose::ByteView bytes = std::as_bytes(std::span(authority));
  bundle.anchors.emplace_back(bytes.begin(), bytes.end());
  return bundle;
}

template <class Call>
void guess(SetupClient::Guess kind, const Call& call) {
  try {
    call();
  } catch (const sdbus::Error& error) {
    if (kind == SetupClient::Guess::wrong && error.getName() == denied) return;
    throw;
  }
  if (kind == SetupClient::Guess::wrong) throw std::runtime_error("a wrong guess is taken");
}

}  // namespace

void SetupClient::stage_file() {
  (void)staging().StageFile(test::memory_file(text_of(client_.plant().authority())), {});
}

void SetupClient::activate() {
  staging().Activate();
}

void SetupClient::wait_for_activation() {
  wait_while([this] { return is_activating(); });
}

void SetupClient::wait_for_end_of_verification() {
  wait_while([this] { return agent().State() == "verifying"; });
}

void SetupClient::wait_while(const std::function<bool()>& goes_on) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (goes_on() && std::chrono::steady_clock::now() < deadline) client_.wait_for_answer();
}

// It is said to be verified from before its commit on.
bool SetupClient::is_activating() {
  const std::string state = staging().State();
  return state == "staged" || (state == "verifying" && agent().State() != state);
}

void SetupClient::report_contact_of_file(Contact contact) {
  if (contact == Contact::failed)
    return (void)staging().ReportContact({}, host, {{"failure", sdbus::Variant(std::string("no route to it"))}});
  const Plant& plant = client_.plant();
  const auto [verified, problem] =
      staging().ReportContact({plant.make_pair("urn:provisioning").certificate, plant.authority()}, host, {});
  if (!verified) throw std::runtime_error("the right server is not taken for it: " + problem);
}

void SetupClient::stage_bundle(std::uint32_t tries) {
  static const std::string jwe = [&] {
    const jose::SecretBytes code = jose::split_code(right_pin).password;
    return jose::seal_jwe(jose::write_bundle(content_for(client_.plant())), code, jose::min_iterations,
                          jose::bundle_type);
  }();
  (void)bundle().StageBundle(test::memory_file(jwe), {{"max-tries", sdbus::Variant(tries)}});
}

void SetupClient::submit_pin(Guess kind) {
  const std::string pin(kind == Guess::right ? right_pin : wrong_pin);
  guess(kind, [&] { (void)bundle().SubmitPin(bundle().Session(), test::memory_file(pin), {}); });
}

void SetupClient::report_contact_of_bundle(Contact contact) {
  bundle().ReportContact(contact == Contact::verified, "");
}

void SetupClient::make_password() {
  password() = content_of(agent().MakeOneTimePassword({}));
}

void SetupClient::submit_password(Guess kind) {
  const std::string given = kind == Guess::right ? password() : altered(password());
  guess(kind, [&] { agent().SubmitOneTimePassword(test::memory_file(given), {}); });
}

void SetupClient::reset() {
  agent().ReportPresence("crash test", {});
  agent().Reset({});
}

}  // namespace edgeseal::crash
