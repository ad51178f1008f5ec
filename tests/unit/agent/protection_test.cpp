// Rows D of the conformance table: keys, trust and configuration are protected where they lie.

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/configuration/configuration.h"
#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Code;
using test::has_code;
namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

namespace {

constexpr uid_t stranger = 4711;
constexpr const char* state_files[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  BOOST_REQUIRE_MESSAGE(::stat(path.c_str(), &status) == 0, path);
  return status.st_mode & 07777;
}

// In a process of another account; only root can do so.
bool succeeds_as(uid_t account, const std::function<bool()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool done = ::setgid(account) == 0 && ::setuid(account) == 0 && action();
    ::_exit(done ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string all_of(const fs::path& directory) {
  std::string content;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    if (entry.is_regular_file()) content.append(std::istreambuf_iterator<char>(file), {});
  }
  return content;
}

struct Fixture : test::Gateway {
  Fixture() { ::umask(0022); }
  [[nodiscard]] fs::path state_directory() const { return directory.path() / "state"; }

  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    fs::create_directories((directory.path() / name).parent_path());
    std::ofstream(directory.file(name)) << text;
    BOOST_REQUIRE(::chmod(directory.file(name).c_str(), mode) == 0);
  }
  [[nodiscard]] std::string refusal(const std::string& name = "edgeseal.toml") const {
    try {
      (void)agent::load_configuration(directory.file(name));
    } catch (const agent::Error& error) {
      BOOST_TEST_MESSAGE(error.what());
      return error.what();
    }
    return {};
  }
  agent::KeyPtr import(const agent::Slot& slot, const std::string& pem, const std::string& passphrase) {
    (void)value<tpm::Bytes>([&](agent::Answer<tpm::Bytes> answer) {
      groups.import_key(owner, {slot.application, slot.group}, slot.certificate_type,
                        {"PEM", tpm::SecretBytes(std::as_bytes(std::span(pem))),
                         tpm::SecretBytes(std::as_bytes(std::span(passphrase)))},
                        std::move(answer));
    });
    return install(slot);
  }

  // PKCS#8, encrypted under `passphrase`.
  static std::string encrypted_key(std::string passphrase) {
    const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
    const agent::BioPtr bio(BIO_new(BIO_s_mem()));
    BOOST_REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(),
                                                static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
    return agent::bio_text(*bio);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(protection, Fixture)

BOOST_AUTO_TEST_CASE(D1_the_keys_in_the_state_are_for_the_account_of_the_agent_alone) {
  (void)install(declare("web", "https/https=ec-p256,sealed"));
  BOOST_TEST(mode_of(state_directory()) == 0700u);
  if (::geteuid() != 0) return;
  for (const char* name : state_files) {
    const std::string path = state_directory() / name;
    if (!fs::exists(path)) continue;
    BOOST_TEST(!succeeds_as(stranger, [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0; }), name);
    BOOST_TEST(!succeeds_as(stranger, [&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC) >= 0; }), name);
    BOOST_TEST(!succeeds_as(stranger, [&] { return ::unlink(path.c_str()) == 0; }), name);
  }
}

BOOST_AUTO_TEST_CASE(D2_a_state_that_was_opened_to_others_is_closed_at_the_next_start) {
  const std::string path = directory.file("other");
  { const agent::State made(path); }
  BOOST_REQUIRE(::chmod(path.c_str(), 0755) == 0);
  BOOST_REQUIRE(::chmod((path + "/state.db").c_str(), 0666) == 0);
  const agent::State again(path);
  BOOST_TEST(mode_of(path) == 0700u);
  BOOST_TEST(mode_of(path + "/state.db") == 0600u);
  BOOST_TEST(mode_of(path + "/lock") == 0600u);
}

BOOST_AUTO_TEST_CASE(D2_a_state_behind_a_symbolic_link_is_refused) {
  const std::string path = directory.file("other");
  { const agent::State made(path); }
  fs::rename(path + "/state.db", directory.file("elsewhere.db"));
  fs::create_symlink(directory.file("elsewhere.db"), path + "/state.db");
  BOOST_CHECK_EXCEPTION(agent::State again(path), agent::Error, has_code(Code::state_unavailable));
  fs::create_directory_symlink(path, directory.file("link"));
  BOOST_CHECK_EXCEPTION(agent::State again(directory.file("link")), agent::Error, has_code(Code::state_unavailable));
}

BOOST_AUTO_TEST_CASE(D2_a_state_file_of_another_account_is_refused) {
  if (::geteuid() != 0) return;  // nobody else can give a file away
  const std::string path = directory.file("other");
  { const agent::State made(path); }
  BOOST_REQUIRE(::chown((path + "/state.db").c_str(), stranger, stranger) == 0);
  BOOST_CHECK_EXCEPTION(agent::State again(path), agent::Error, has_code(Code::state_unavailable));
}

BOOST_AUTO_TEST_CASE(D3_a_key_file_with_a_password_is_taken_with_it_and_not_without) {
  const agent::Slot slot = declare("web", "https/https=ec-p256,sealed");
  const std::string pem = encrypted_key("correct horse");
  BOOST_CHECK_THROW((void)import(slot, pem, "wrong"), agent::Error);
  BOOST_CHECK_THROW((void)import(slot, pem, ""), agent::Error);
  (void)import(slot, pem, "correct horse");
  BOOST_TEST(state.key(slot, agent::KeyStatus::active)->exposed);
}

BOOST_AUTO_TEST_CASE(D4_the_password_of_a_key_file_is_in_no_file_afterwards) {
  const std::string password = "correct-horse-battery-staple";
  (void)import(declare("web", "https/https=ec-p256,sealed"), encrypted_key(password), password);
  settle();  // what was published before goes
  BOOST_TEST(all_of(directory.path()).find(password) == std::string::npos);
}

const std::string password_options[] = {"password",     "passphrase",     "pin",
                                        "key-password", "key-passphrase", "private-key-password",
                                        "auth-value",   "secret",         "password-file"};
const std::string sections[] = {"", "[tpm]\n", "[keys]\n", "[state]\n", "[key-socket]\n", "[bus]\n"};

BOOST_DATA_TEST_CASE_F(Fixture, D4_no_configuration_option_takes_a_password,
                       data::make(password_options) * data::make(sections), option, section) {
  write("edgeseal.toml", section + option + " = \"correct horse\"\n");
  BOOST_TEST(refusal().find(option) != std::string::npos);
  BOOST_TEST(refusal().find("correct horse") == std::string::npos);
  write("edgeseal.toml", "");
  write("applications.d/web.toml", "slots = [\"https/https=ec-p256\"]\n" + option + " = \"correct horse\"\n");
  BOOST_TEST(refusal().find(option) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D9_configuration_that_others_may_write_is_refused) {
  write("edgeseal.toml", "[state]\ndirectory = \"/srv/state\"\n", 0666);
  BOOST_TEST(refusal().find("chmod go-w") != std::string::npos);
  write("edgeseal.toml", "", 0664);
  BOOST_TEST(refusal().find("chmod g-w") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D9_configuration_of_another_account_or_behind_a_link_is_refused) {
  write("real.toml", "");
  fs::create_symlink(directory.file("real.toml"), directory.file("edgeseal.toml"));
  BOOST_TEST(refusal().find("symbolic link") != std::string::npos);
  if (::geteuid() != 0) return;
  BOOST_REQUIRE(::chown(directory.file("real.toml").c_str(), stranger, 0) == 0);
  BOOST_TEST(refusal("real.toml").find("belongs to") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D9_configuration_in_a_directory_that_others_may_write_is_refused) {
  write("etc/edgeseal.toml", "");
  BOOST_REQUIRE(::chmod(directory.file("etc").c_str(), 0777) == 0);
  BOOST_TEST(refusal("etc/edgeseal.toml").find("chmod go-w") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D10_a_drop_in_directory_that_others_may_write_is_refused) {
  write("edgeseal.toml", "");
  write("applications.d/web.toml", "slots = [\"https/https=ec-p256\"]\n");
  BOOST_TEST(refusal().empty());
  BOOST_REQUIRE(::chmod(directory.file("applications.d").c_str(), 0775) == 0);
  BOOST_TEST(refusal().find("chmod g-w " + directory.file("applications.d")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D10_a_drop_in_file_that_others_may_write_is_refused) {
  write("edgeseal.toml", "");
  write("applications.d/web.toml", "slots = [\"https/https=ec-p256\"]\n", 0666);
  BOOST_TEST(refusal().find("chmod go-w " + directory.file("applications.d/web.toml")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D10_what_the_tpm_remembers_is_believed_and_not_the_disk) {
  chip.set_anchor(tpm::Anchor{true, 0, 4});
  int changes = 0;
  agent::StateAnchor started(loop, state, worker, [&] { ++changes; });
  started.check();
  run_until([&] { return changes > 0 && worker.pending() == 0; });
  BOOST_TEST((started.finding() == agent::StateAnchor::Finding::wiped));
}

BOOST_AUTO_TEST_CASE(D12_an_older_copy_of_the_state_is_noticed) {
  const agent::Slot slot = declare("web", "https/https=ec-p256");
  (void)install(slot);
  const fs::path copy = directory.path() / "copy";
  fs::copy(state_directory(), copy, fs::copy_options::recursive);
  BOOST_REQUIRE(::chmod(copy.c_str(), 0700) == 0);
  for (int i = 0; i < 2; ++i) (void)install(slot);
  agent::State older(copy);
  BOOST_TEST(older.generation() < state.generation());
  int changes = 0;
  agent::StateAnchor started(loop, older, worker, [&] { ++changes; });
  started.check();
  run_until([&] { return changes > 0 && worker.pending() == 0; });
  BOOST_TEST((started.finding() == agent::StateAnchor::Finding::rolled_back));
}

BOOST_AUTO_TEST_CASE(D13_the_account_of_one_application_may_not_use_the_key_of_another) {
  applications.create({"web", "", "", {"user=1"}, {agent::SlotDeclaration::parse("https/https=ec-p256")}, "bus"});
  applications.create({"mail", "", "", {"user=2"}, {agent::SlotDeclaration::parse("https/https=ec-p256")}, "bus"});
  const auto web = install({"web", "https", "https"}), mail = install({"mail", "https", "https"});
  const policy::Caller one{1, {1}, ""}, two{2, {2}, ""};
  BOOST_TEST(policy::permits(web->access, one));
  BOOST_TEST(!policy::permits(web->access, two));
  BOOST_TEST(policy::permits(mail->access, two));
  BOOST_TEST(!policy::permits(mail->access, one));
}

// The one key of the device itself is that of its evidence: it has no name that a program could ask for.
BOOST_AUTO_TEST_CASE(D14_the_key_that_says_which_device_it_is_cannot_be_asked_for) {
  (void)install(declare("web", "https/https=ec-p256"));
  tpm::AttestationKey device;
  device.tss_private_key = tpm::Bytes(32, std::byte{7});
  device.auth = tpm::SecretBytes(32);
  state.record_attestation_key(device);
  BOOST_TEST(state.attestation_key().has_value());
  for (const char* name : {"device", "attestation", "ak", "idevid", "ldevid", "device/identity", ""})
    BOOST_CHECK_EXCEPTION((void)keys.find(std::string_view(name)), agent::Error, has_code(Code::not_found));
  for (const agent::ApplicationRecord& application : applications.list())
    for (const agent::KeyId& id : state.keys_of(application.name))
      BOOST_TEST((keys.find(id)->slot.application == application.name));
}

BOOST_AUTO_TEST_SUITE_END()
