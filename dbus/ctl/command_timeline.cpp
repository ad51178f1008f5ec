#include "dbus/ctl/commands.h"
#include "dbus/ctl/terminal.h"
#include "dbus/ctl/timeline.h"

namespace edgeseal::ctl {
namespace {

void show(std::optional<unsigned> days, Session& session) {
  const auto lifetimes = lifetimes_of(described_slots(session.agent.describe()), read_renewals(session.agent));
  TimelineView view{.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                    .days = {},
                    .width = terminal_width(),
                    .drawing = shows_utf8() ? TimelineView::Drawing::Unicode : TimelineView::Drawing::Ascii};
  if (days) view.days = std::chrono::days(*days);
  if (session.output.json()) return session.output.print_json(to_json(lifetimes, view));
  if (lifetimes.empty()) return session.output.print("No certificates. Get one: edgesealctl enroll, edgesealctl csr\n");
  session.output.print(timeline_text(lifetimes, view));
}

}  // namespace

void add_timeline(CLI::App& app, Session& session) {
  auto days = std::make_shared<std::optional<unsigned>>();
  auto* command = app.add_subcommand("timeline", "Draw how long certificates last and when they are renewed");
  command
      ->add_option_function<unsigned>(
          "--days", [days](unsigned value) { *days = value; },
          "So many days, a quarter of them past; default: until the last end")
      ->check(CLI::Range(1U, 3660U));
  command->footer(
      "As wide as the terminal; in ASCII where the locale is none of UTF-8.\n\nExample:\n  edgesealctl timeline --days "
      "90");
  command->callback([days, &session] { show(*days, session); });
}

}  // namespace edgeseal::ctl
