/* A plugin for QEMU's user-mode emulator that counts the guest instructions that a program executes. At exit the sum goes
 * to standard error. The number is that of a real processor, and it repeats; times under an emulator mean nothing.
 *
 *   gcc -shared -fPIC -O2 -o libcount.so benches/qemu_count.c
 *   qemu-aarch64 -plugin ./libcount.so PROGRAM ARGUMENT...
 *
 * Debian's qemu-user loads plugins, qemu-user-static does not. No package has the header of the interface, so the functions
 * of its version 1 that are used here are declared below (QEMU 4.2 to 8; https://www.qemu.org/docs/master/devel/tcg-plugins.html).
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *to, uint64_t add);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void *), void *data);

EXPORT int qemu_plugin_version = 1;

static uint64_t executed;

/* Called once for each block of code: from then on, each execution of it adds its length. */
static void translated(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void at_exit(plugin_id id, void *data) {
    (void)id;
    (void)data;
    fprintf(stderr, "guest instructions: %" PRIu64 "\n", executed);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **arguments) {
    (void)info;
    (void)count;
    (void)arguments;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
