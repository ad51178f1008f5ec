#include <acl/libacl.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/error.h"
#include "agent/openssl.h"
#include "agent/publication/publication.h"
#include "provider/wire/key_reference.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;
  agent::Publication publication{directory.file("pki")};
  fs::path group = directory.path() / "pki/web/https";

  static agent::PublishedSlot slot(std::uint8_t mark) {
    const agent::Slot name{"web", "https", "https"};
    const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
    return {name,
            agent::der_of(key.get(), i2d_PUBKEY),
            {name, {}, {std::byte{mark}, std::byte{1}}, {{std::byte{mark}, std::byte{2}}}}};
  }
  void publish(const std::vector<agent::PublishedSlot>& slots, const agent::Readers& readers = {}) {
    publication.prepare("web", readers, {"https", slots}).exchange();
  }
  [[nodiscard]] bool nothing_is_staged() const { return fs::is_empty(directory.path() / "pki/.staging"); }
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(publication, Fixture)

BOOST_AUTO_TEST_CASE(the_layout_is_that_of_part_12_annex_f) {
  publish({slot(1)});
  for (const char* name :
       {"own/certs", "own/private", "trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl", "rejected/certs"})
    BOOST_TEST(fs::is_directory(group / name), name);
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
  BOOST_TEST(content(group / "fullchain.pem")
                 .find("-----BEGIN CERTIFICATE-----\nAQE=\n-----END CERTIFICATE-----\n"
                       "-----BEGIN CERTIFICATE-----\nAQI=\n") == 0u);
  BOOST_TEST(content(group / "own/private/key.pem") == content(group / "own/private/https.pem"));
  BOOST_TEST(content(group / "own/private/bundle.pem") ==
             content(group / "own/private/key.pem") + content(group / "fullchain.pem"));
}

BOOST_AUTO_TEST_CASE(the_key_file_is_a_reference_and_holds_no_private_key) {
  const auto published = slot(1);
  publish({published});
  const std::string pem = content(group / "own/private/key.pem");
  BOOST_TEST(pem.find("-----BEGIN EDGESEAL KEY REFERENCE-----") == 0u);
  const agent::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char *label = nullptr, *header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  BOOST_REQUIRE(PEM_read_bio(bio.get(), &label, &header, &data, &size) == 1);
  wire::KeyReference reference;
  BOOST_TEST(wire::decode({reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size)}, reference));
  BOOST_TEST(reference.key_name == "web/https/https");
  BOOST_TEST(std::ranges::equal(reference.public_key, published.public_key));
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(data);
}

BOOST_AUTO_TEST_CASE(an_opened_directory_shows_one_generation_whatever_is_published_meanwhile) {
  publish({slot(1)});
  const policy::UniqueFd opened(::open(group.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  publish({slot(2)});
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x02\x01"));
  const std::string old = "/proc/self/fd/" + std::to_string(opened.get()) + "/own/certs/https.der";
  BOOST_TEST(!fs::exists(old));  // the old generation is gone as a whole, never a mix
  BOOST_TEST(std::distance(fs::directory_iterator(group.parent_path()), {}) == 1);
}

// By it what edgesealctl attach installed knows whether the service has to read anything anew.
BOOST_AUTO_TEST_CASE(the_time_is_another_where_programs_read_something_else_and_only_there) {
  agent::PublishedGroup shown{"https", {slot(1)}};
  const auto time = [&] {
    publication.prepare("web", {}, shown).exchange();
    return fs::last_write_time(group);
  };
  const auto first = time();
  shown.rejected = {agent::Bytes(3, std::byte{7})};
  shown.exports = {"node-opcua"};
  auto last = time();
  BOOST_TEST((last > first));
  shown.rejected = {agent::Bytes(4, std::byte{8}), agent::Bytes(3, std::byte{7})};
  BOOST_TEST((time() == last));
  BOOST_TEST(fs::exists(group / "export/node-opcua/rejected"));
  for (std::uint8_t mark = 2; mark < 12; ++mark) {
    shown.slots = {slot(mark)};
    const auto next = time();
    BOOST_TEST((next > last));
    last = next;
  }
  shown.trust_list.trusted_certificates = {agent::Bytes(3, std::byte{9})};
  BOOST_TEST((time() > last));
}

BOOST_AUTO_TEST_CASE(a_generation_that_is_not_exchanged_leaves_no_trace) {
  publish({slot(1)});
  {
    const auto unused = publication.prepare("web", {}, {"https", {slot(2)}});
    BOOST_TEST(!nothing_is_staged());
  }
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
  BOOST_TEST(nothing_is_staged());
}

BOOST_AUTO_TEST_CASE(a_generation_that_cannot_be_finished_leaves_no_trace) {
  publish({slot(1)});
  auto too_large = slot(2);
  too_large.public_key.resize(std::size_t{1} << 20);
  BOOST_CHECK_THROW(publish({too_large}), agent::Error);
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
  BOOST_TEST(nothing_is_staged());
}

BOOST_AUTO_TEST_CASE(two_generations_can_be_prepared_at_a_time) {
  auto first = publication.prepare("web", {}, {"https", {slot(1)}});
  auto second = publication.prepare("web", {}, {"https", {slot(2)}});
  second.exchange();
  first.exchange();
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_is_removed_at_the_next_start) {
  publish({slot(1)});
  fs::create_directories(directory.path() / "pki/.staging/2/own/certs");
  std::ofstream(directory.path() / "pki/.staging/2/own/certs/https.der") << "half";
  const agent::Publication next(directory.file("pki"));
  BOOST_TEST(nothing_is_staged());
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_is_in_nobodys_way_while_it_is_removed) {
  for (const char* name : {"1", "2", "3"}) fs::create_directories(directory.path() / "pki/.staging" / name / "own");
  publish({slot(1)});
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x01\x01"));
}

BOOST_AUTO_TEST_CASE(nobody_but_the_agent_sees_what_is_staged) {
  BOOST_TEST((fs::status(directory.path() / "pki/.staging").permissions() == fs::perms::owner_all));
}

BOOST_AUTO_TEST_CASE(only_the_readers_come_in) {
  publish({slot(1)}, {{33}, {44}});
  const fs::path application = group.parent_path();
  struct stat status {};
  BOOST_REQUIRE(::stat(application.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0007) == 0u);
  acl_t acl = ::acl_get_file(application.c_str(), ACL_TYPE_ACCESS);
  char* text = ::acl_to_any_text(acl, nullptr, ',', TEXT_ABBREVIATE | TEXT_NUMERIC_IDS);
  const std::string entries = text;
  ::acl_free(text);
  ::acl_free(acl);
  BOOST_TEST(entries == "u::rwx,u:33:r-x,g::r-x,g:44:r-x,m::r-x,o::---");
}

BOOST_AUTO_TEST_CASE(a_removed_application_leaves_no_directory) {
  publish({slot(1)});
  publication.remove("web");
  BOOST_TEST(!fs::exists(group.parent_path()));
  BOOST_CHECK_NO_THROW(publication.remove("web"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_in_the_way_is_not_followed) {
  fs::create_directories(directory.path() / "elsewhere");
  fs::create_directory_symlink(directory.path() / "elsewhere", directory.path() / "pki/web");
  BOOST_CHECK_THROW(publish({slot(1)}), agent::Error);
  BOOST_TEST(fs::is_empty(directory.path() / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(where_all_of_it_is_gone_or_was_moved_away_the_next_publication_makes_it_anew) {
  const fs::path root = directory.path() / "pki";
  publish({slot(1)});
  fs::remove_all(root);
  publish({slot(2)});
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x02\x01"));
  fs::rename(root, directory.path() / "moved");
  publish({slot(3)});
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x03\x01"));
  BOOST_TEST(content(directory.path() / "moved/web/https/own/certs/https.der") == std::string("\x02\x01"));
  fs::remove_all(root / ".staging");
  publish({slot(4)});
  BOOST_TEST(content(group / "own/certs/https.der") == std::string("\x04\x01"));
  BOOST_TEST(nothing_is_staged());
}

BOOST_AUTO_TEST_CASE(a_generation_of_a_directory_that_is_gone_is_an_error_and_no_crash) {
  auto generation = publication.prepare("web", {}, {"https", {slot(1)}});
  fs::remove_all(directory.path() / "pki");
  publication.make_root();
  BOOST_CHECK_THROW(generation.exchange(), agent::Error);
  BOOST_TEST(!fs::exists(group));
}

BOOST_AUTO_TEST_CASE(a_link_in_the_place_of_all_is_not_followed) {
  fs::rename(directory.path() / "pki", directory.path() / "elsewhere");
  fs::create_directory_symlink(directory.path() / "elsewhere", directory.path() / "pki");
  BOOST_CHECK_THROW(publish({slot(1)}), agent::Error);
  BOOST_TEST(!fs::exists(directory.path() / "elsewhere/web"));
}

BOOST_AUTO_TEST_SUITE_END()
