// edgesealctl trust options: how a list is used.

#include <fmt/format.h>

#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/duration.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/validation_options.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string list;
  std::string update_every;
  std::vector<std::string> suppress;
  Confirmation confirmation;
};

VariantMap options_of(const Wanted& wanted) {
  VariantMap options;
  if (!wanted.update_every.empty()) {
    const std::chrono::milliseconds every = parse_duration(wanted.update_every, "--update-every");
    options.emplace("update-frequency", sdbus::Variant(static_cast<double>(every.count())));
  }
  if (!wanted.suppress.empty()) {
    const bool none = wanted.suppress == std::vector<std::string>{"none"};
    options.emplace("default-validation-options",
                    sdbus::Variant(validation_options(none ? std::vector<std::string>{} : wanted.suppress)));
  }
  if (!options.empty()) return options;
  throw Failure(ExitCode::Usage, "no option is given",
                "give --update-every or --suppress; see: edgesealctl trust list");
}

void set(const Wanted& wanted, Session& session) {
  const auto options = options_of(wanted);
  const auto chosen = find_group(session.agent, wanted.list);
  session.agent.with_trust_list(chosen.application.name, chosen.group.name,
                                [&](dbus::RemoteTrustList& remote) { remote.SetOptions(options); });
  apply_changes(session, chosen.application.name, wanted.confirmation);
  if (session.output.json()) {
    return session.output.print_json({{"list", chosen.text()}, {"confirm-within", wanted.confirmation.json()}});
  }
  session.output.print("Changed the options of " + chosen.text() + ".\n" +
                       wanted.confirmation.reminder(chosen.application.name));
}

}  // namespace

void add_trust_options(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = trust.add_subcommand("options", "Say how often a list is updated and which errors it suppresses");
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_option("--update-every", wanted->update_every,
                      "Raise an alarm when the list is older: 12h, 30d, 4w; 0s: never");
  command
      ->add_option("--suppress", wanted->suppress,
                   "Errors that keep nobody out, and are audited; repeatable; none: all errors count")
      ->type_name(fmt::format("{{{},none}}", fmt::join(suppressible_errors(), ",")))
      ->allow_extra_args(false);
  add_confirmation(*command, wanted->confirmation);
  command->footer("Example:\n  edgesealctl trust options web --update-every 30d --suppress revocation-status-unknown");
  command->callback([wanted, &session] { set(*wanted, session); });
}

}  // namespace edgeseal::ctl
