// What the doctor finds out of a machine, on real files, sockets and accounts.

#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/accounts.h"
#include "dbus/ctl/doctor/gather.h"
#include "dbus/ctl/doctor/provider_probe.h"
#include "tests/unit/dbus/temporary_directory.h"

namespace edgeseal::ctl {
namespace {

struct Fixture : Directory {
  std::filesystem::path write(const std::string& name, const std::string& content, mode_t mode = 0644) const {
    std::filesystem::create_directories((directory / name).parent_path());
    std::ofstream(directory / name) << content;
    BOOST_REQUIRE(chmod((directory / name).c_str(), mode) == 0);
    return directory / name;
  }
};

// A listener of the type of the key socket.
struct Listener {
  explicit Listener(const std::filesystem::path& path)
      : fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), sdbus::adopt_fd) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    BOOST_REQUIRE(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    BOOST_REQUIRE(listen(fd.get(), 1) == 0);
  }
  sdbus::UnixFd fd;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(doctor_on_a_machine, Fixture)

BOOST_AUTO_TEST_CASE(a_file_has_its_owner_and_its_mode) {
  const auto fact = file_fact(write("edgeseal.toml", "", 0664));
  BOOST_TEST(fact.owner == geteuid());
  BOOST_TEST((fact.mode & 07777) == 0664U);
  BOOST_TEST(fact.error.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_is_told_from_one_that_may_not_be_seen) {
  BOOST_TEST(file_fact(directory / "nothing").is_missing);
  const auto below = file_fact(write("file", "") / "below");  // ENOTDIR
  BOOST_TEST(!below.is_missing);
  BOOST_TEST(!below.error.empty());
}

BOOST_AUTO_TEST_CASE(all_files_below_a_directory_are_looked_at) {
  write("applications.d/web.toml", "", 0666);
  const auto facts = file_facts_below(directory);
  BOOST_REQUIRE(facts.size() == 3U);
  BOOST_TEST((facts.back().mode & 0022) != 0U);
}

BOOST_AUTO_TEST_CASE(a_socket_that_somebody_listens_on_is_told_from_one_that_is_left) {
  const auto path = directory / "keys.sock";
  BOOST_TEST(!problem_of_socket(path).empty());
  {
    const Listener listener(path);
    BOOST_TEST(problem_of_socket(path) == "");
  }
  BOOST_TEST(problem_of_socket(path).find("refused") != std::string::npos);
  BOOST_TEST(!problem_of_socket("/" + std::string(200, 'x')).empty());
}

BOOST_AUTO_TEST_CASE(a_journal_is_kept_where_journald_has_its_directory) {
  BOOST_TEST(*keeps_journal(directory / "nothing").value == false);
  BOOST_TEST(*keeps_journal(directory).value == false);
  write("0123456789abcdef/system.journal", "");
  BOOST_TEST(*keeps_journal(directory).value == true);
}

BOOST_AUTO_TEST_CASE(a_process_shows_what_it_has_loaded) {
  const auto own = process_fact(static_cast<std::uint32_t>(getpid()));
  BOOST_REQUIRE(own);
  BOOST_TEST(own->has_libcrypto);
  BOOST_TEST(!own->has_provider);
  BOOST_TEST(own->is_secure == (getauxval(AT_SECURE) != 0));

  const auto show = [&](const std::string& library, const std::vector<unsigned long>& vector) {
    write("1/maps",
          "7f00-7f01 r-xp 0 fe:00 1 /usr/bin/nginx\n7f01-7f02 r-xp 0 fe:00 2 " + library + "\n7f02-7f03 rw-p\n");
    write("1/auxv", {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(vector[0])});
    const auto fact = process_fact(1, directory);
    BOOST_REQUIRE(fact);
    return *fact;
  };
  const auto usual = show("/usr/lib/ossl-modules/edgeseal.so (deleted)", {AT_PAGESZ, 4096, AT_SECURE, 0, AT_NULL, 0});
  BOOST_TEST(usual.has_provider);
  BOOST_TEST(!usual.has_libcrypto);
  BOOST_TEST(!usual.is_secure);
  const auto secure = show("/usr/lib/libcrypto.so.3", {AT_PAGESZ, AT_SECURE, AT_SECURE, 1, AT_NULL, 0});
  BOOST_TEST(!secure.has_provider);
  BOOST_TEST(secure.has_libcrypto);
  BOOST_TEST(secure.is_secure);
  BOOST_TEST(process_fact(2, directory).why_not.ends_with("/2: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(what_a_process_of_others_has_loaded_is_for_root) {
  write("1/maps", "", 0);
  write("1/auxv", "", 0);
  const bool is_root = geteuid() == 0;
  if (is_root) BOOST_REQUIRE(seteuid(65534) == 0);
  const auto fact = process_fact(1, directory);
  if (is_root) BOOST_REQUIRE(seteuid(0) == 0);
  BOOST_TEST(fact.why_not == "only root can see what it has loaded");
}

// The sanitizers have no module.
#ifdef EDGESEAL_PROVIDER_MODULE
BOOST_AUTO_TEST_CASE(of_a_provider_that_stands_aside_it_is_told_why) {
  const auto probe = [&](const std::string& order, const std::string& settings) {
    return probe_provider(
        write("openssl.cnf", "openssl_conf = init\n[init]\nproviders = all\n[all]\n" + order +
                                 "[one]\nactivate = 1\n[two]\nmodule = " EDGESEAL_PROVIDER_MODULE "\nactivate = 1\n" +
                                 settings),
        {});
  };
  const std::string right = "default = one\nedgeseal = two\n";
  BOOST_TEST(probe(right, "").stands_aside == "");
  BOOST_TEST(probe(right, "timeout-ms = 0\n").stands_aside.find("timeout-ms must be") != std::string::npos);
  const auto reversed = probe("edgeseal = two\ndefault = one\n", "");
  BOOST_TEST(reversed.problem == "");
  BOOST_TEST(reversed.stands_aside.ends_with("activate default first"), reversed.stands_aside);
}
#endif

BOOST_AUTO_TEST_CASE(an_account_reads_what_it_may) {
  BOOST_REQUIRE(chmod(directory.c_str(), 0755) == 0);
  const auto file = write("key.pem", "", 0600);
  if (geteuid() != 0) {
    BOOST_TEST(!can_read("nobody", file));  // and says so
    return;
  }
  BOOST_TEST(*can_read("nobody", file).value == false);
  BOOST_TEST(*can_read("", file).value == true);
  BOOST_REQUIRE(chmod(file.c_str(), 0644) == 0);
  BOOST_TEST(*can_read("nobody", file).value == true);
  BOOST_TEST(!can_read("there-is-no-such-account", file));
}

BOOST_AUTO_TEST_CASE(a_provider_that_can_not_be_loaded_is_told_with_its_reason) {
  const auto configuration =
      write("openssl.cnf",
            "openssl_conf = init\n[init]\nproviders = all\n[all]\ndefault = one\nedgeseal = two\n"
            "[one]\nactivate = 1\n[two]\nmodule = " +
                (directory / "no.so").string() + "\nactivate = 1\n");
  const auto fact = probe_provider(configuration, {"web/https/https"});
  BOOST_TEST(fact.problem.starts_with(configuration.string()));
  BOOST_TEST(fact.keys.empty());
}

BOOST_AUTO_TEST_CASE(an_access_rule_lets_in_whoever_runs_this_by_account_and_groups) {
  const std::string user = "user=" + account_name(geteuid()), group = "group=" + std::to_string(getegid());
  for (const auto& rule : {user, "user=" + std::to_string(geteuid()), group, user + "," + group})
    BOOST_TEST_CONTEXT(rule) BOOST_TEST(lets_in(rule));
  for (const auto& rule : {std::string(), user + "x", group + "0000", std::string("unit=nginx.service"),
                           user + ",unit=nginx.service", group + ",user=4242424242"})
    BOOST_TEST_CONTEXT(rule) BOOST_TEST(!lets_in(rule));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
