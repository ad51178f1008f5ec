#include "dbus/ctl/commands.h"
#include "dbus/ctl/open_metrics.h"
#include "dbus/ctl/output_file.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  MetricsFormat format = MetricsFormat::OpenMetrics;
  OutputFile file{.force = true};
};

void show(const Wanted& wanted, Session& session) {
  const auto families = read_metrics(session.agent);
  const auto text = session.output.json() ? json_text(to_json(families)) : metrics_text(families, wanted.format);
  if (!wanted.file.given()) return session.output.print(text);
  wanted.file.write(text);
}

}  // namespace

void add_metrics(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("metrics", "Show what the agent counts and measures, as OpenMetrics text");
  command->add_flag_callback(
      "--prometheus", [wanted] { wanted->format = MetricsFormat::Prometheus; },
      "The older text format of Prometheus, for the textfile collector of its node exporter");
  command
      ->add_option("--out", wanted->file.path,
                   "Write to this file, which is replaced as a whole; - is the standard output")
      ->type_name("FILE");
  command->footer(
      "Example:\n  edgesealctl metrics\n"
      "  edgesealctl metrics --prometheus --out /var/lib/prometheus/node-exporter/edgeseal.prom");
  command->callback([wanted, &session] { show(*wanted, session); });
}

}  // namespace edgeseal::ctl
