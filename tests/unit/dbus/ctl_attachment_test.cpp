// What edgesealctl writes to attach a service, and takes away again.

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "dbus/ctl/attachment_record.h"
#include "dbus/ctl/attachments.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/known_program.h"
#include "dbus/ctl/unit_name.h"
#include "tests/unit/dbus/temporary_directory.h"

namespace edgeseal::ctl {
namespace {

namespace fs = std::filesystem;

bool is_usage(const Failure& failure) {
  return failure.code == ExitCode::Usage;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Attachment attachment_of(const std::string& service) {
  Attachment attachment;
  attachment.service = service;
  attachment.application = "web";
  attachment.group = "https";
  attachment.published = "/var/lib/edgeseal/pki/web/https";
  attachment.given_rule = "unit=" + service;
  return attachment;
}

std::string content_named(const std::vector<AttachmentFile>& files, const std::string& end) {
  for (const auto& file : files) {
    if (file.path.string().ends_with(end)) return file.content;
  }
  return "";
}

struct Machine : Directory {
  Machine() { fs::create_directories(places.units); }

  AttachmentPlaces places{directory / "units", directory / "etc/openssl.cnf"};
  Attachments attachments{places};

  void put(const Attachment& attachment) const {
    auto files = files_of(attachment, places);
    files.push_back({places.openssl_configuration, headed("edgesealctl detach", "# configuration\n")});
    attachments.put(attachment, files);
  }
  // What the service does that a path unit starts, with the systemctl of bin/.
  [[nodiscard]] int run_reload(const std::string& unit) const {
    const std::string begin = "\nExecStart=/bin/sh ";
    std::string arguments = unit.substr(unit.find(begin) + begin.size());
    arguments.resize(arguments.find('\n'));
    arguments.replace(arguments.find("%%"), 2, "%");
    return std::system(
        ("RUNTIME_DIRECTORY=" + directory.string() + " PATH=" + (directory / "bin").string() + ":$PATH sh " + arguments)
            .c_str());
  }
  // Everything below the directory.
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
      if (!entry.is_directory()) paths.push_back(fs::relative(entry.path(), directory));
    std::ranges::sort(paths);
    return paths;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit_name)

BOOST_AUTO_TEST_CASE(services_are_named_as_for_systemctl) {
  BOOST_TEST(service_name("nginx") == "nginx.service");
  BOOST_TEST(service_name("nginx.service") == "nginx.service");
  BOOST_TEST(service_name("postgresql@15-main") == "postgresql@15-main.service");
  BOOST_TEST(service_name("a\\x2db.service") == "a\\x2db.service");
}

BOOST_AUTO_TEST_CASE(what_is_no_service_is_refused) {
  for (const std::string& name : {std::string(), std::string("nginx.socket"), std::string("a/b"), std::string("../x"),
                                  std::string("postgresql@"), std::string("@x"), std::string("a b"), std::string("a%b"),
                                  std::string("a\nb"), std::string(".hidden"), std::string(250, 'x')}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_CHECK_EXCEPTION((void)service_name(name), Failure, is_usage);
    }
  }
}

BOOST_AUTO_TEST_CASE(words_are_quoted_as_systemd_reads_them) {
  BOOST_TEST(quoted_word("nginx.service") == "\"nginx.service\"");
  BOOST_TEST(quoted_word("a\\x2db$c%d\"") == R"("a\\x2db$$c%%d\"")");
}

BOOST_AUTO_TEST_CASE(paths_are_absolute_and_plain) {
  BOOST_TEST(plain_path("/var/lib/haproxy/", "--chroot") == "/var/lib/haproxy");
  for (const char* path : {"", "relative", "/a b", "/a:b", "/a/../b", "/a//b", "/%h", "/a\n"}) {
    BOOST_TEST_CONTEXT(path) {
      BOOST_CHECK_EXCEPTION((void)plain_path(path, "--chroot"), Failure,
                            [](const Failure& failure) { return has(failure.what(), "--chroot"); });
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(attachment, Machine)

BOOST_AUTO_TEST_CASE(a_service_gets_the_provider_and_is_reloaded_after_a_renewal) {
  const auto files = files_of(attachment_of("nginx.service"), AttachmentPlaces{});
  BOOST_REQUIRE(files.size() == 3u);
  BOOST_TEST(files[0].path == "/etc/systemd/system/nginx.service.d/50-edgeseal-web.https.conf");
  BOOST_TEST(files[0].content ==
             "# Written by edgesealctl attach; undone by: edgesealctl detach nginx.service web/https\n"
             "\n"
             "[Unit]\n"
             "Wants=edgeseald.socket edgeseal-reload-nginx.web.https.path\n"
             "After=edgeseald.socket edgeseal-reload-nginx.web.https.path\n"
             "\n"
             "[Service]\n"
             "Environment=OPENSSL_CONF=/etc/edgeseal/openssl.cnf\n"
             "\n"
             "[X-Edgeseal]\n"
             "Service=nginx.service\n"
             "Application=web\n"
             "Group=https\n"
             "GivenRule=unit=nginx.service\n"
             "After=reload\n");
  BOOST_TEST(files[1].path == "/etc/systemd/system/edgeseal-reload-nginx.web.https.path");
  BOOST_TEST(has(files[1].content, "\n[Path]\nPathChanged=/var/lib/edgeseal/pki/web/https\n"));
  BOOST_TEST(files[2].path == "/etc/systemd/system/edgeseal-reload-nginx.web.https.service");
  BOOST_TEST(has(files[2].content,
                 "systemctl --no-block try-reload-or-restart \"$2\"; echo \"$now\" >\"$followed\"; done' %n "
                 "/var/lib/edgeseal/pki/web/https \"nginx.service\"\n"));
  BOOST_TEST(has(files[2].content, "\nStartLimitIntervalSec=0\n"));
  BOOST_TEST(has(files[2].content, "\nSuccessExitStatus=SIGTERM\n"));  // detach may end it
}

BOOST_AUTO_TEST_CASE(what_is_published_during_a_reload_is_followed_too) {
  auto wanted = attachment_of("nginx.service");
  wanted.published = directory / "pki/web/https";
  fs::create_directories(wanted.published);
  fs::last_write_time(wanted.published, fs::file_time_type{});
  fs::create_directory(directory / "bin");
  write_file(directory / "bin/systemctl",
             "#!/bin/sh\necho \"$@\" >>" + (directory / "calls").string() + "\nmkdir -p " +
                 (wanted.published / "own").string() + "\n",
             Existing::Keep);
  fs::permissions(directory / "bin/systemctl", fs::perms::owner_all);
  BOOST_TEST(run_reload(files_of(wanted, places)[2].content) == 0);
  const std::string call = "--no-block try-reload-or-restart nginx.service\n";
  BOOST_TEST(content_of(directory / "calls") == call + call);
  BOOST_TEST(run_reload(files_of(wanted, places)[2].content) == 0);  // as where peers were refused
  BOOST_TEST(content_of(directory / "calls") == call + call);
}

BOOST_AUTO_TEST_CASE(what_follows_a_renewal_is_kept_from_all_but_systemd_and_the_copies) {
  auto wanted = attachment_of("nginx.service");
  const auto reload = [&] { return files_of(wanted, places)[2].content; };
  for (const char* line : {"NoNewPrivileges=yes", "ProtectSystem=strict", "ReadOnlyPaths=/run", "PrivateNetwork=yes"})
    BOOST_TEST(has(reload(), std::string("\n") + line + "\n"));
  for (const char* line : {"# --- Restrict", "# --- Grant", "CapabilityBoundingSet=\n"})
    BOOST_TEST(has(reload(), std::string("\n") + line));
  BOOST_TEST(has(reload(), "\nCapabilityBoundingSet=CAP_DAC_READ_SEARCH\n"));
  wanted.copies = Copies{"/etc/x", "x"};
  const std::string granted = "\nCapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE\n";
  BOOST_TEST(has(reload(), granted));
  BOOST_TEST(reload().find("\nCapabilityBoundingSet=\n") < reload().find(granted));
  BOOST_TEST(has(reload(), "\nBindPaths=/etc/x\n"));
}

BOOST_AUTO_TEST_CASE(a_service_may_be_restarted_or_left_alone) {
  auto wanted = attachment_of("nginx.service");
  wanted.after_renewal = AfterRenewal::Restart;
  BOOST_TEST(has(content_named(files_of(wanted, places), ".service"), "--no-block try-restart \"$2\"; "));
  wanted.after_renewal = AfterRenewal::Nothing;
  const auto files = files_of(wanted, places);
  BOOST_TEST(files.size() == 1u);
  BOOST_TEST(has(files[0].content, "Wants=edgeseald.socket\n"));
}

BOOST_AUTO_TEST_CASE(an_instance_of_a_template_and_an_escaped_name_have_files_of_their_own) {
  const auto instance = files_of(attachment_of("postgresql@15-main.service"), places);
  BOOST_TEST(instance[0].path == places.units / "postgresql@15-main.service.d/50-edgeseal-web.https.conf");
  BOOST_TEST(instance[1].path == places.units / "edgeseal-reload-postgresql@15-main.web.https.path");
  const auto escaped = files_of(attachment_of("a\\x2db.service"), places);
  BOOST_TEST(has(escaped[0].content, "Wants=edgeseald.socket edgeseal-reload-a\\x2db.web.https.path\n"));
  BOOST_TEST(has(escaped[2].content, "/pki/web/https \"a\\\\x2db.service\"\n"));
}

BOOST_AUTO_TEST_CASE(names_that_no_file_can_have_are_refused) {
  BOOST_CHECK_EXCEPTION((void)files_of(attachment_of(std::string(240, 'x') + ".service"), places), Failure, is_usage);
}

BOOST_AUTO_TEST_CASE(a_chroot_gets_the_key_socket) {
  auto wanted = attachment_of("haproxy.service");
  wanted.chroot = "/var/lib/haproxy";
  BOOST_TEST(
      has(files_of(wanted, places)[0].content, "\nBindReadOnlyPaths=-/run/edgeseal:/var/lib/haproxy/run/edgeseal\n"));
}

BOOST_AUTO_TEST_CASE(a_service_that_may_not_use_unix_sockets_may_from_now_on) {
  auto wanted = attachment_of("x.service");
  wanted.needs_unix_sockets = true;
  BOOST_TEST(has(files_of(wanted, places)[0].content, "\nRestrictAddressFamilies=AF_UNIX\n"));
}

BOOST_AUTO_TEST_CASE(copies_are_made_before_each_start_and_of_one_generation_after_each_renewal) {
  auto wanted = attachment_of("postgresql@15-main.service");
  wanted.copies = Copies{"/etc/postgresql/15/main/tls", "postgres"};
  const auto files = files_of(wanted, places);
  const std::string install =
      "install --owner=root --group=postgres --mode=0640 --target-directory=/etc/postgresql/15/main/tls ";
  BOOST_TEST(has(files[0].content, "\nExecStartPre=+" + install +
                                       "/var/lib/edgeseal/pki/web/https/own/private/key.pem "
                                       "/var/lib/edgeseal/pki/web/https/own/private/bundle.pem "
                                       "/var/lib/edgeseal/pki/web/https/fullchain.pem\n"));
  BOOST_TEST(has(files[2].content,
                 "cd \"$1\"; " + install + "own/private/key.pem own/private/bundle.pem fullchain.pem; systemctl"));
  BOOST_TEST(files[2].content.find("install") < files[2].content.find("systemctl --no-block"));
  BOOST_TEST(wanted.key() == "/etc/postgresql/15/main/tls/key.pem");
}

BOOST_AUTO_TEST_CASE(every_file_says_what_it_belongs_to_and_all_that_was_chosen) {
  auto wanted = attachment_of("x.service");
  wanted.after_renewal = AfterRenewal::Signal;
  wanted.signal = "SIGUSR1";
  wanted.hook = {"/opt/renewed", "--line", "4", "it's \"\\", "[x]=\xc3\xa4", ""};
  wanted.account = "daemon";
  wanted.chroot = "/srv/x";
  wanted.copies = Copies{"/etc/x", "x"};
  const auto files = files_of(wanted, places);
  BOOST_REQUIRE(files.size() == 4u);
  for (const auto& file : files) {
    const auto recorded = recorded_attachment(file.content);
    BOOST_REQUIRE(recorded);
    BOOST_TEST(recorded->is_same(wanted));
    BOOST_TEST(recorded->is_known_whole);
    BOOST_TEST(recorded->given_rule == "unit=x.service");
    BOOST_TEST((recorded->after_renewal == AfterRenewal::Signal));
    BOOST_TEST(recorded->signal == "SIGUSR1");
    BOOST_TEST(recorded->hook == wanted.hook, boost::test_tools::per_element());
    BOOST_TEST(recorded->account == "daemon");
    BOOST_TEST(recorded->chroot == "/srv/x");
    BOOST_TEST(recorded->copies->directory == "/etc/x");
  }
  BOOST_TEST(!recorded_attachment("[X-Edgeseal]\nService=x.service\nApplication=web\nGroup=https\n"));
  BOOST_TEST(!recorded_attachment(headed("x", "[X-Edgeseal]\nService=x.service\n")));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_version_recorded_is_read_and_known_not_to_be_all) {
  const auto recorded = recorded_attachment(
      headed("x", "[X-Edgeseal]\nService=x.service\nApplication=web\nGroup=https\nChroot=/srv/x\nCopies=/etc/x\n"));
  BOOST_REQUIRE(recorded);
  BOOST_TEST(!recorded->is_known_whole);
  BOOST_TEST(attach_command(*recorded) == "edgesealctl attach x.service web/https --chroot /srv/x --copy-to /etc/x");
  BOOST_TEST(written_paths(*recorded, places).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_command_that_attaches_again_has_all_that_was_chosen) {
  auto wanted = attachment_of("a\\x2db.service");
  BOOST_TEST(attach_command(wanted) == "edgesealctl attach 'a\\x2db.service' web/https");
  wanted.service = "x.service";
  wanted.after_renewal = AfterRenewal::Restart;
  wanted.copies = Copies{"/srv/x", "x"};
  BOOST_TEST(attach_command(wanted) == "edgesealctl attach x.service web/https --restart --copy-to /srv/x");
  wanted.copies.reset();
  wanted.after_renewal = AfterRenewal::Nothing;
  wanted.hook = {"/opt/renewed"};
  BOOST_TEST(attach_command(wanted) == "edgesealctl attach x.service web/https --no-reload --exec /opt/renewed");
  wanted.after_renewal = AfterRenewal::Signal;
  wanted.signal = "SIGUSR1";
  wanted.account = "daemon";
  wanted.hook = {"/opt/renewed", "--line=4", "it's", ""};
  BOOST_TEST(attach_command(wanted) ==
             "edgesealctl attach x.service web/https --signal SIGUSR1 --account daemon --exec /opt/renewed -- --line=4 "
             "'it'\\''s' ''");
}

BOOST_AUTO_TEST_CASE(it_is_known_which_files_were_written) {
  auto wanted = attachment_of("x.service");
  for (const bool has_hook : {false, true})
    for (const auto after : {AfterRenewal::Nothing, AfterRenewal::Reload}) {
      wanted.hook = has_hook ? std::vector<std::string>{"/opt/renewed"} : std::vector<std::string>{};
      wanted.after_renewal = after;
      std::vector<fs::path> paths;
      for (const auto& file : files_of(wanted, places)) paths.push_back(file.path);
      BOOST_TEST((written_paths(wanted, places) == paths));
    }
}

BOOST_AUTO_TEST_CASE(what_was_put_is_listed_and_removed_without_a_trace) {
  put(attachment_of("nginx.service"));
  put(attachment_of("apache2.service"));
  const auto listed = attachments.list();
  BOOST_REQUIRE(listed.size() == 2u);
  BOOST_TEST(listed[0].service == "apache2.service");
  attachments.remove(listed[0]);
  BOOST_TEST(attachments.list().size() == 1u);
  BOOST_TEST(fs::exists(places.openssl_configuration));
  attachments.remove(listed[1]);
  attachments.remove(listed[1]);
  BOOST_TEST(all().empty());
  BOOST_TEST(fs::is_empty(places.units));
}

BOOST_AUTO_TEST_CASE(half_of_an_attachment_is_listed_and_removed) {
  for (size_t left = 0; left < 3; ++left) {
    put(attachment_of("nginx.service"));
    const auto paths = paths_of(attachment_of("nginx.service"), places);
    for (size_t i = 0; i < paths.size(); ++i)
      if (i != left) fs::remove(paths[i]);
    BOOST_REQUIRE(attachments.list().size() == 1u);
    attachments.remove(attachments.list()[0]);
    BOOST_TEST(all().empty());
  }
}

BOOST_AUTO_TEST_CASE(attached_again_without_a_reload_it_has_no_path_unit_any_more) {
  auto wanted = attachment_of("nginx.service");
  put(wanted);
  wanted.after_renewal = AfterRenewal::Nothing;
  put(wanted);
  BOOST_TEST(
      (all() == std::vector<std::string>{"etc/openssl.cnf", "units/nginx.service.d/50-edgeseal-web.https.conf"}));
}

BOOST_AUTO_TEST_CASE(files_of_others_are_neither_replaced_nor_removed) {
  const auto wanted = attachment_of("nginx.service");
  const auto theirs = paths_of(wanted, places)[1];
  write_file(theirs, "[Path]\n", Existing::Keep);
  BOOST_CHECK_EXCEPTION(put(wanted), Failure, [&](const Failure& failure) {
    return is_usage(failure) && has(failure.what(), theirs.string());
  });
  attachments.remove(wanted);
  BOOST_TEST(content_of(theirs) == "[Path]\n");
  BOOST_TEST(all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_link_is_not_followed) {
  const auto wanted = attachment_of("nginx.service");
  put(wanted);
  const auto path = paths_of(wanted, places)[2];
  fs::rename(path, directory / "target");
  fs::create_symlink(directory / "target", path);
  BOOST_CHECK_EXCEPTION(put(wanted), Failure, is_usage);
  attachments.remove(wanted);
  BOOST_TEST(fs::is_symlink(path));
}

BOOST_AUTO_TEST_CASE(other_drop_ins_of_the_service_stay) {
  put(attachment_of("nginx.service"));
  const auto other = places.units / "nginx.service.d/override.conf";
  write_file(other, "[Service]\n", Existing::Keep);
  attachments.remove(attachment_of("nginx.service"));
  BOOST_TEST((all() == std::vector<std::string>{"units/nginx.service.d/override.conf"}));
}

BOOST_AUTO_TEST_CASE(copies_go_with_their_attachment_and_when_they_move) {
  auto wanted = attachment_of("x.service");
  for (const char* name : {"one", "two"}) {
    fs::create_directory(directory / name);
    wanted.copies = Copies{directory / name, "root"};
    put(wanted);
    for (const char* copy : Copies::names) write_file(directory / name / copy, "copy", Existing::Replace);
  }
  BOOST_TEST(fs::is_empty(directory / "one"));
  put(wanted);
  BOOST_TEST(!fs::is_empty(directory / "two"));
  wanted.copies.reset();
  put(wanted);
  BOOST_TEST(fs::is_empty(directory / "two"));
}

BOOST_AUTO_TEST_CASE(programs_are_told_their_own_words) {
  const auto lines = [&](const std::string& service) {
    std::string text;
    for (const auto& line : configuration_lines(attachment_of(service), places)) text += line + "\n";
    return text;
  };
  BOOST_TEST(lines("nginx.service") ==
             "ssl_certificate /var/lib/edgeseal/pki/web/https/fullchain.pem;\n"
             "ssl_certificate_key /var/lib/edgeseal/pki/web/https/own/private/key.pem;\n"
             "ssl_ciphers HIGH:!aNULL:!MD5:!kRSA;\n");
  for (const char* service : {"apache2.service", "stunnel@mqtt.service"})
    BOOST_TEST_CONTEXT(service) BOOST_TEST(has(lines(service), ":!kRSA\n"));
  BOOST_TEST(has(lines("stunnel@mqtt.service"), "key = /var/lib/edgeseal/pki/web/https/own/private/key.pem\n"));
  BOOST_TEST(
      has(lines("postgresql@15-main.service"), "OPENSSL_CONF = '" + places.openssl_configuration.string() + "'"));
  BOOST_TEST(has(lines("unheard-of.service"), "/var/lib/edgeseal/pki/web/https/fullchain.pem\n"));
  for (const char* service : {"nginx", "apache2", "haproxy", "stunnel4", "mosquitto", "postgresql@15-main", "other"})
    BOOST_TEST(!has(lines(service), "@CERT"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
