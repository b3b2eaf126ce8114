/* A plugin for QEMU's user-mode emulator that counts the guest instructions that a program executes. At exit the sum goes
 * to standard error. The number is that of a real processor, and it repeats; times under an emulator mean nothing.
 *
 *   gcc -shared -fPIC -O2 -o libcount.so benches/qemu_count.c
 *   qemu-aarch64 -plugin ./libcount.so[,out=FILE][,each=FILE[,call=NUMBER]] PROGRAM ARGUMENT...
 *
 * With `out`, the file gets a line for each block of code: its address, its bytes in hexadecimal, instruction by instruction,
 * and how often it was executed. benches/cycles.py reads it. With `each`, the file gets the number of instructions between two
 * calls of a function whose symbol contains `between_events`, or between two system calls with that number, 32 bits each in the
 * order of the machine: benches/spread.py reads it.
 *
 * Debian's qemu-user loads plugins, qemu-user-static does not. No package has the header of the interface, so the functions
 * of its version 1 that are used here are declared below (QEMU 4.2 to 8; https://www.qemu.org/docs/master/devel/tcg-plugins.html).
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*call)(unsigned cpu, void *data),
                                          enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, void (*call)(plugin_id, unsigned cpu, int64_t number, uint64_t, uint64_t,
                                                                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *to, uint64_t add);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void *), void *data);

EXPORT int qemu_plugin_version = 1;

/* A translated block. The emulator may translate the same code twice: then there are two of them. */
struct block {
    struct block *next;
    uint64_t executed;
    uint64_t address;
    char *bytes;
};

static uint64_t executed;
static const char *path;
static FILE *each;
static int64_t marking_call = -1;
static struct block *blocks;

/* The bytes of a block in hexadecimal, with a comma after each instruction; null without memory. */
static char *hexadecimal(const struct qemu_plugin_tb *block) {
    size_t count = qemu_plugin_tb_n_insns(block), length = 1;
    for (size_t i = 0; i < count; i++) length += 2 * qemu_plugin_insn_size(qemu_plugin_tb_get_insn(block, i)) + 1;
    char *text = malloc(length), *end = text;
    if (!text) return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        const unsigned char *bytes = qemu_plugin_insn_data(instruction);
        for (size_t at = 0; at < qemu_plugin_insn_size(instruction); at++) end += sprintf(end, "%02x", bytes[at]);
        *end++ = ',';
    }
    *end = '\0';
    return text;
}

/* Called before each event, and after the last. */
static void marked(unsigned cpu, void *data) {
    static uint64_t before;
    (void)cpu;
    (void)data;
    uint32_t count = executed - before;
    if (before) fwrite(&count, sizeof count, 1, each);
    before = executed;
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                   uint64_t g, uint64_t h) {
    (void)id, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == marking_call) marked(cpu, NULL);
}

/* Called once for each block of code: from then on, each execution of it adds its length. */
static void translated(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
    if (each && marking_call < 0) {
        const char *symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, 0));
        if (symbol && strstr(symbol, "between_events")) {
            qemu_plugin_register_vcpu_tb_exec_cb(block, marked, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
    }
    if (!path) return;
    struct block *kept = malloc(sizeof *kept);
    if (!kept) return;
    *kept = (struct block){blocks, 0, qemu_plugin_tb_vaddr(block), hexadecimal(block)};
    blocks = kept;
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &kept->executed, 1);
}

static void at_exit(plugin_id id, void *data) {
    (void)id;
    (void)data;
    fprintf(stderr, "guest instructions: %" PRIu64 "\n", executed);
    if (each) fclose(each);
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    for (const struct block *block = blocks; block; block = block->next) {
        if (block->bytes && block->executed) fprintf(file, "%" PRIx64 " %s %" PRIu64 "\n", block->address, block->bytes, block->executed);
    }
    fclose(file);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "out=", 4) == 0) path = strdup(arguments[i] + 4);
        if (strncmp(arguments[i], "each=", 5) == 0) each = fopen(arguments[i] + 5, "wb");
        if (strncmp(arguments[i], "call=", 5) == 0) marking_call = atoll(arguments[i] + 5);
    }
    if (each && marking_call >= 0) qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
