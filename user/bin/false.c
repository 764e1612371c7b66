/* SPDX-License-Identifier: MIT */
/* false.c: fails. */

int main(void)
{
    return 1;
}
