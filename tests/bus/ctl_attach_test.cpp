// Services of systemd are attached to keys of the agent, and detached: the agent and systemd on a private bus, the
// files in a directory.

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/attaching.h"
#include "dbus/ctl/failure.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/bus/fake_systemd.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;
using ctl::AttachmentRequest;
using ctl::ExitCode;
using ctl::Failure;
using Texts = std::vector<std::string>;

const std::map<std::string, FakeSystemd::Service> kServices{
    {"nginx.service", {}},
    {"alias.service", {.id = "nginx.service"}},
    {"opc.service", {.account = "daemon"}},
    {"rooted.service", {.account = "root"}},
    {"inet.service", {.families_are_allowed = true, .families = {"AF_INET"}}},
    {"unix.service", {.families_are_allowed = true, .families = {"AF_INET", "AF_UNIX"}}},
    {"alone.service", {.families_are_allowed = true, .families = {"AF_UNIX"}}},
    {"own.service", {.environment = {"A=b", "OPENSSL_CONF=/etc/own.cnf"}}},
    {"unset.service", {.unset_environment = {"A", "OPENSSL_CONF"}}},
    {"running.service", {.main_process = 42}},
    {"dynamic.service", {.account = "dynamic", .dynamic_user = true}},
    {"lasting.service", {.account = "man", .dynamic_user = true}},
    {"masked.service", {.load_state = "masked"}},
    {"sick.service",
     {.active_state = "failed", .sub_state = "failed", .result = "exit-code", .status_text = "cannot start: no state"}},
    {"postgresql@15-main.service", {}},
};
const std::string kWatch = "edgeseal-reload-nginx.web.https.path";
const std::string kReload = "edgeseal-reload-nginx.web.https.service";
const std::string kHook = "edgeseal-hook-nginx.web.https.service";

// And those with a file of their environment there.
std::map<std::string, FakeSystemd::Service> services_with(const fs::path& files) {
  auto services = kServices;
  services["file.service"].environment_files = {files / "none", files / "default*"};
  return services;
}

AttachmentRequest request_of(const std::string& unit, const std::string& application) {
  AttachmentRequest request;
  request.service = unit;
  request.application = application;
  return request;
}

AttachmentRequest with_account(AttachmentRequest request, const std::string& account) {
  request.account = account;
  return request;
}

AttachmentRequest with_signal(AttachmentRequest request, const std::string& signal) {
  request.after_renewal = ctl::AfterRenewal::Signal;
  request.signal = signal;
  return request;
}

AttachmentRequest with_hook(AttachmentRequest request, const Texts& hook) {
  request.hook = hook;
  return request;
}

AttachmentRequest with_copies(AttachmentRequest request, const std::string& directory) {
  request.copy_to = directory;
  return request;
}

struct Fixture {
  PrivateBus bus;
  ServiceThread service{
      {}, [](auto& ports) {
        ports.agent.add({"web", "urn:web", "", {"user=www-data"}, {}, {"https"}, "bus"});
        ports.agent.add({"opc", "urn:opc", "", {}, {}, {"application", "https"}, "bus"});
        ports.agent.add({"ruled", "urn:ruled", "", {"unit=nginx.service"}, {}, {"https"}, "bus"});
        ports.agent.add({"file", "urn:file", "", {"unit=nginx.service"}, {}, {"https"}, "/etc/edgeseal/file.toml"});
      }};
  FakeSystemd systemd{services_with(bus.directory())};
  ctl::AgentConnection agent;
  ctl::ServiceManager manager;
  ctl::Attachments attachments{{bus.directory() / "units", bus.directory() / "etc/openssl.cnf"}};

  ctl::AttachmentPlan plan(const AttachmentRequest& request) {
    return ctl::make_plan(request, manager.describe(request.service), ctl::find_group(agent, request.application),
                          attachments);
  }
  void attach(const AttachmentRequest& request) { ctl::attach(plan(request), attachments, agent, manager); }
  void attach(const std::string& unit, const std::string& application) { attach(request_of(unit, application)); }
  // All that is attached to the service.
  void detach(const std::string& unit) {
    for (const auto& attachment : attachments.list())
      if (attachment.service == unit) (void)ctl::detach(attachment, attachments, agent, manager);
  }
  [[nodiscard]] std::string unit(const std::string& name) const { return content_of(bus.directory() / "units" / name); }
  Texts access(const std::string& application) { return agent.application(application).access; }
  [[nodiscard]] bool is_clean() const {
    return (!fs::exists(bus.directory() / "units") || fs::is_empty(bus.directory() / "units")) &&
           !fs::exists(bus.directory() / "etc/openssl.cnf");
  }
  template <class Error>
  void refuse_next(Error error) {
    service.in_loop([&](auto& ports, auto&) { return ports.agent.fault.set(error), 0; });
  }
};

auto says(ExitCode code, const std::string& part) {
  return [=](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what() << " / " << failure.remedy);
    return failure.code == code && has(failure.what() + (" " + failure.remedy), part);
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_attach, Fixture)

BOOST_AUTO_TEST_CASE(a_service_gets_access_files_and_a_watch) {
  attach("nginx.service", "web");
  BOOST_TEST((access("web") == Texts{"user=www-data", "unit=nginx.service"}));
  BOOST_TEST((systemd.take_calls() == Texts{"Reload", "StartUnit " + kWatch}));
  BOOST_TEST(has(content_of(bus.directory() / "units" / kWatch), "PathChanged=/pki/web/https\n"));
  BOOST_TEST(has(content_of(bus.directory() / "etc/openssl.cnf"), "[edgeseal_settings]"));
}

BOOST_AUTO_TEST_CASE(detached_nothing_of_it_is_left) {
  attach("nginx.service", "web");
  (void)systemd.take_calls();
  detach("nginx.service");
  BOOST_TEST((access("web") == Texts{"user=www-data"}));
  BOOST_TEST((systemd.take_calls() == Texts{"StopUnit " + kWatch, "Reload"}));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_reload_under_way_leaves_no_mount_point_behind) {
  const auto root = bus.directory() / "root";
  fs::create_directory(root);
  auto request = request_of("nginx.service", "web");
  request.chroot = root;
  attach(request);
  bool reloaded = false;
  systemd.reload_once([&] { reloaded = fs::create_directories(root / "run/edgeseal"); });
  detach("nginx.service");
  BOOST_TEST(reloaded);
  BOOST_TEST(fs::is_empty(root));
}

BOOST_AUTO_TEST_CASE(attached_twice_is_attached_once) {
  attach("nginx.service", "web");
  attach("nginx.service", "web/https");
  BOOST_TEST(access("web").size() == 2u);
  BOOST_TEST(attachments.list().size() == 1u);
  BOOST_TEST(attachments.list()[0].given_rule == "unit=nginx.service");
  detach("nginx.service");
  BOOST_TEST((access("web") == Texts{"user=www-data"}));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_rule_that_was_there_before_stays) {
  attach("nginx.service", "ruled");
  BOOST_TEST(attachments.list()[0].given_rule == "");
  detach("nginx.service");
  BOOST_TEST((access("ruled") == Texts{"unit=nginx.service"}));
}

BOOST_AUTO_TEST_CASE(the_groups_of_an_application_share_a_rule_which_goes_with_the_last) {
  attach("nginx.service", "opc/application");
  attach("nginx.service", "opc/https");
  BOOST_TEST((access("opc") == Texts{"unit=nginx.service"}));
  (void)ctl::detach(attachments.list()[0], attachments, agent, manager);
  BOOST_TEST((access("opc") == Texts{"unit=nginx.service"}));
  BOOST_TEST(fs::exists(attachments.places().openssl_configuration));
  (void)ctl::detach(attachments.list()[0], attachments, agent, manager);
  BOOST_TEST(access("opc").empty());
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_service_whose_account_comes_and_goes_is_refused) {
  BOOST_CHECK_EXCEPTION(attach("dynamic.service", "web"), Failure, says(ExitCode::Usage, "has DynamicUser=yes"));
  BOOST_CHECK_EXCEPTION(attach("dynamic.service", "web"), Failure, says(ExitCode::Usage, "give it a User= that is"));
  BOOST_TEST(is_clean());
  attach("lasting.service", "web");
  BOOST_TEST(attachments.list().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_service_with_an_account_gets_a_rule_for_both) {
  attach("opc.service", "web");
  BOOST_TEST(access("web").back() == "user=daemon,unit=opc.service");
  attach("rooted.service", "web");
  BOOST_TEST(access("web").back() == "unit=rooted.service");
  attach(with_account(request_of("nginx.service", "web"), "daemon"));
  BOOST_TEST(access("web").back() == "user=daemon,unit=nginx.service");
  Texts accounts;  // that were said
  for (const auto& attachment : attachments.list()) accounts.push_back(attachment.account);
  BOOST_TEST((accounts == Texts{"daemon", "", ""}));
}

BOOST_AUTO_TEST_CASE(attached_again_for_another_account_the_earlier_rule_goes) {
  attach("nginx.service", "web");
  attach(with_account(request_of("nginx.service", "web"), "daemon"));
  BOOST_TEST((access("web") == Texts{"user=www-data", "user=daemon,unit=nginx.service"}));
}

BOOST_AUTO_TEST_CASE(an_alias_stands_for_the_service_itself) {
  attach("alias.service", "web");
  BOOST_TEST(attachments.list()[0].service == "nginx.service");
}

BOOST_AUTO_TEST_CASE(address_families_are_opened_only_where_they_are_shut) {
  BOOST_TEST(plan(request_of("inet.service", "web")).attachment.needs_unix_sockets);
  BOOST_TEST(!plan(request_of("unix.service", "web")).attachment.needs_unix_sockets);
  BOOST_TEST(!plan(request_of("nginx.service", "web")).attachment.needs_unix_sockets);
}

// Its drop-in shows in the unit then.
BOOST_AUTO_TEST_CASE(attached_again_a_service_keeps_the_address_family_that_it_has_by_that_alone) {
  for (const char* name : {"unix.service", "alone.service"}) {
    auto before = plan(request_of(name, "web"));
    before.attachment.needs_unix_sockets = true;
    attachments.put(before.attachment, ctl::files_of(before.attachment, attachments.places()));
  }
  BOOST_TEST(plan(request_of("unix.service", "web")).attachment.needs_unix_sockets);
  BOOST_TEST(!plan(request_of("alone.service", "web")).attachment.needs_unix_sockets);
  BOOST_TEST(plan(request_of("unix.service", "ruled")).attachment.needs_unix_sockets);
  BOOST_TEST(!plan(request_of("nginx.service", "web")).attachment.needs_unix_sockets);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named_and_nothing_is_written) {
  BOOST_CHECK_EXCEPTION(attach("none.service", "web"), Failure, says(ExitCode::Usage, "none.service"));
  BOOST_CHECK_EXCEPTION(attach("masked.service", "web"), Failure, says(ExitCode::Usage, "masked"));
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "none"), Failure, says(ExitCode::Refused, "none"));
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "web/tls"), Failure, says(ExitCode::Usage, "tls"));
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "opc"), Failure, says(ExitCode::Usage, "application, https"));
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "web/https/https"), Failure,
                        says(ExitCode::Usage, "APPLICATION[/GROUP]"));
  BOOST_TEST(is_clean());
  BOOST_TEST(systemd.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(a_service_with_a_provider_of_its_own_is_refused) {
  BOOST_CHECK_EXCEPTION(attach("own.service", "web"), Failure, says(ExitCode::Usage, "OPENSSL_CONF=/etc/own.cnf"));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_provider_of_its_own_in_a_file_of_its_environment_is_refused) {
  const auto file = bus.directory() / "defaults";
  const auto write = [&](const std::string& content) { std::ofstream(file) << content; };
  const std::string ours = attachments.places().openssl_configuration;
  for (const auto& harmless :
       {std::string("# OPENSSL_CONF=/etc/own.cnf\nMY_OPENSSL_CONF=/etc/own.cnf\nA=\"OPENSSL_CONF=/etc/own.cnf\"\n"),
        "A=b\nOPENSSL_CONF=\"" + ours + "\"\n"}) {
    write(harmless);
    BOOST_CHECK_NO_THROW((void)plan(request_of("file.service", "web")));
  }
  for (const char* own : {"A=b\nOPENSSL_CONF=/etc/own.cnf", "\tOPENSSL_CONF = '/etc/own.cnf' \r\n"}) {
    write(own);
    BOOST_CHECK_EXCEPTION(
        attach("file.service", "web"), Failure,
        says(ExitCode::Usage, "sets OPENSSL_CONF=/etc/own.cnf already, in " + file.string() + " take that out"));
  }
  write("OPENSSL_CONF=\n");
  BOOST_CHECK_EXCEPTION(attach("file.service", "web"), Failure, says(ExitCode::Usage, "sets OPENSSL_CONF= already"));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_service_that_drops_the_variable_is_refused) {
  BOOST_CHECK_EXCEPTION(attach("unset.service", "web"), Failure,
                        says(ExitCode::Usage, "UnsetEnvironment=OPENSSL_CONF take that out"));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(an_application_of_a_file_needs_the_rule_in_its_file) {
  BOOST_CHECK_EXCEPTION(attach("opc.service", "file"), Failure,
                        says(ExitCode::Refused,
                             "add \"user=daemon,unit=opc.service\" to its list access there, edgesealctl config apply, "
                             "then attach"));
  BOOST_TEST(is_clean());
  attach("nginx.service", "file");
  detach("nginx.service");
  BOOST_TEST((access("file") == Texts{"unit=nginx.service"}));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(where_the_agent_refuses_nothing_is_left) {
  refuse_next(dbus::CallError("ResourceUnavailable", "the disk is full"));
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "web"), Failure, says(ExitCode::Refused, "the disk is full"));
  BOOST_TEST(is_clean());
  BOOST_TEST(systemd.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(where_the_agent_cannot_be_asked_detach_leaves_all_for_another_try) {
  attach("nginx.service", "web");
  service.end_service();
  BOOST_CHECK_EXCEPTION(detach("nginx.service"), Failure, says(ExitCode::NotReachable, "not running"));
  BOOST_TEST(attachments.list().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_application_that_is_gone_is_detached) {
  attach("nginx.service", "web");
  agent.with_agent([](auto& remote) { remote.DeleteApplication("web"); });
  detach("nginx.service");
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_watch_that_does_not_start_is_told) {
  systemd.end_jobs_with("failed");
  BOOST_CHECK_EXCEPTION(attach("nginx.service", "web"), Failure, says(ExitCode::Refused, "ended with: failed"));
  systemd.end_jobs_with("done");
  detach("nginx.service");
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_signal_goes_to_the_main_process_in_the_place_of_a_reload) {
  attach(with_signal(request_of("nginx.service", "web"), "usr1"));
  BOOST_TEST(has(unit(kReload), "kill --kill-who=main --signal=SIGUSR1 \"$2\" || :; "));
  BOOST_TEST(!has(unit(kReload), "reload-or-restart"));
  detach("nginx.service");
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(what_is_no_signal_or_cannot_be_handled_is_refused) {
  for (const char* name : {"", "SIGSIGHUP", "9", "KILL", "SIGSTOP", "HUP\nExecStart=/bin/sh"})
    BOOST_CHECK_EXCEPTION(attach(with_signal(request_of("nginx.service", "web"), name)), Failure,
                          says(ExitCode::Usage, "no signal that a program can handle"));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_program_is_run_in_a_sandboxed_unit_of_its_own) {
  attach(with_hook(request_of("nginx.service", "web"), {"/bin/true", "--line", "a b", "$HOME"}));
  BOOST_TEST(has(unit(kReload), "try-reload-or-restart \"$2\"; systemctl --no-block restart \"$3\"; "));
  BOOST_TEST(has(unit(kReload), " \"nginx.service\" \"" + kHook + "\"\n"));
  BOOST_TEST(has(unit(kHook), "ExecStart=\"/bin/true\" \"--line\" \"a b\" \"$$HOME\"\n"));
  BOOST_TEST(has(unit(kHook), "\"EDGESEAL_APPLICATION=web\""));
  BOOST_TEST(has(unit(kHook), "\"EDGESEAL_DIRECTORY=/pki/web/https\""));
  for (const char* directive : {"DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateNetwork=yes"})
    BOOST_TEST(has(unit(kHook), std::string("\n") + directive + "\n"));
  (void)systemd.take_calls();
  detach("nginx.service");
  BOOST_TEST((systemd.take_calls() == Texts{"StopUnit " + kWatch, "Reload"}));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(a_program_alone_follows_renewals_of_a_service_that_is_left_alone) {
  auto request = with_hook(request_of("nginx.service", "web"), {"/bin/true"});
  request.after_renewal = ctl::AfterRenewal::Nothing;
  attach(request);
  BOOST_TEST((systemd.take_calls() == Texts{"Reload", "StartUnit " + kWatch}));
  BOOST_TEST(!has(unit(kReload), "$2"));
  attach("nginx.service", "web");
  BOOST_TEST(!fs::exists(bus.directory() / "units" / kHook));
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_run_is_refused) {
  for (const Texts& hook : {Texts{"true"}, Texts{"/none"}, Texts{"/etc/passwd"}, Texts{"/usr"},
                            Texts{"/bin/true", "a\nb"}, Texts(66, "/bin/true")})
    BOOST_CHECK_EXCEPTION(attach(with_hook(request_of("nginx.service", "web"), hook)), Failure,
                          says(ExitCode::Usage, "--exec"));
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(the_options_of_a_program_come_after_two_dashes) {
  const auto run = [&](const Texts& words) {
    Texts command{EDGESEALCTL, "attach", "nginx.service", "web", "--dry-run"};
    command.insert(command.end(), words.begin(), words.end());
    return run_program(command, bus.directory());
  };
  const auto result = run({"--signal", "HUP", "--exec", "/bin/true", "--", "--line", "4"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "ExecStart=\"/bin/true\" \"--line\" \"4\"\n"));
  BOOST_TEST(has(result.out, "--signal=SIGHUP"));
  BOOST_TEST(run({"argument"}).status == 2);
  BOOST_TEST(run({"--signal", "HUP", "--restart"}).status == 2);
}

BOOST_AUTO_TEST_CASE(copies_need_a_directory_where_nobody_else_has_files) {
  const fs::path directory = bus.directory() / "tls";
  const auto request = with_copies(request_of("nginx.service", "web"), directory);
  BOOST_CHECK_EXCEPTION(attach(request), Failure, says(ExitCode::Usage, "is no directory"));
  fs::create_directory(directory);
  std::ofstream(directory / "key.pem") << "mine";
  BOOST_CHECK_EXCEPTION(attach(request), Failure, says(ExitCode::Usage, "key.pem exists"));
  fs::remove(directory / "key.pem");
  attach(request);
  std::ofstream(directory / "key.pem") << "a copy";
  attach(request);
  BOOST_CHECK_EXCEPTION(attach(with_copies(request_of("opc.service", "web"), directory)), Failure,
                        says(ExitCode::Usage, "copies for nginx.service"));
  detach("nginx.service");
  BOOST_TEST(fs::is_empty(directory));
}

// root follows after each renewal.
BOOST_AUTO_TEST_CASE(copies_are_not_put_where_somebody_else_could_lead_root_elsewhere) {
  const fs::path directory = bus.directory() / "data" / "tls";
  fs::create_directories(directory);
  const auto refused_for = [&](const fs::path& path) {
    BOOST_CHECK_EXCEPTION(attach(with_copies(request_of("nginx.service", "web"), directory)), Failure,
                          says(ExitCode::Usage, path.string() + " can be changed by others than root"));
  };
  fs::permissions(directory, fs::perms::others_write, fs::perm_options::add);
  refused_for(directory);
  fs::permissions(directory, fs::perms::others_write, fs::perm_options::remove);
  fs::permissions(directory.parent_path(), fs::perms::group_write, fs::perm_options::add);
  refused_for(directory.parent_path());
  fs::permissions(directory.parent_path(), fs::perms::group_write, fs::perm_options::remove);
  fs::create_directory_symlink(directory, bus.directory() / "link");
  BOOST_CHECK_EXCEPTION(attach(with_copies(request_of("nginx.service", "web"), bus.directory() / "link")), Failure,
                        says(ExitCode::Usage, "leads over a link to " + directory.string()));
  if (geteuid() == 0) {
    BOOST_REQUIRE(chown(directory.parent_path().c_str(), 4711, 4711) == 0);
    refused_for(directory.parent_path());
    BOOST_REQUIRE(chown(directory.parent_path().c_str(), 0, 0) == 0);
  }
  BOOST_TEST(is_clean());
  attach(with_copies(request_of("nginx.service", "web"), directory));
}

BOOST_AUTO_TEST_CASE(a_program_that_wants_files_of_root_is_not_attached_without_copies) {
  BOOST_CHECK_EXCEPTION(attach("postgresql@15-main.service", "web"), Failure, says(ExitCode::Usage, "--copy-to"));
}

BOOST_AUTO_TEST_CASE(only_root_attaches) {
  if (geteuid() != 0) return;
  for (const Texts& words : {Texts{"attach", "nginx.service", "web"}, Texts{"detach", "nginx.service"}}) {
    Texts command{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", EDGESEALCTL};
    command.insert(command.end(), words.begin(), words.end());
    const auto result = run_program(command, bus.directory());
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "only root"));
  }
  BOOST_TEST((access("web") == Texts{"user=www-data"}));
}

BOOST_AUTO_TEST_CASE(the_configuration_of_openssl_needs_no_agent) {
  service.end_service();
  const auto result = run_program({EDGESEALCTL, "openssl-conf", "--socket", "/run/other.sock"}, bus.directory());
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "socket = /run/other.sock\n"));
  for (const Texts& words :
       {Texts{"--socket", "relative.sock"}, Texts{"--timeout-ms", "0"}, Texts{"--module", "/none"}}) {
    Texts command{EDGESEALCTL, "openssl-conf"};
    command.insert(command.end(), words.begin(), words.end());
    BOOST_TEST(run_program(command, bus.directory()).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(the_state_of_a_unit_is_told_and_what_a_service_says_of_itself) {
  const auto sick = manager.state("sick.service");
  BOOST_TEST(sick.load == "loaded");
  BOOST_TEST(sick.active == "failed");
  BOOST_TEST(sick.result == "exit-code");
  BOOST_TEST(sick.status == "cannot start: no state");
  BOOST_TEST(manager.state("nginx.service").active == "active");
  BOOST_TEST(manager.state("nginx.service").main_process == 0U);
  BOOST_TEST(manager.state("running.service").main_process == 42U);
  BOOST_TEST(manager.state("missing.service").load == "not-found");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
